// In plain Node `#cloud/http-body` leads to test/cloud instead.
export { read } from 'spiderlightning:cloud/http-body@0.6.0';
