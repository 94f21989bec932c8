// In plain Node `#cloud/logging` leads to test/cloud instead.
export { log } from 'spiderlightning:cloud/logging@0.6.0';
