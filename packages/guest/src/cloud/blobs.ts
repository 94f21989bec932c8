// In plain Node `#cloud/blobs` leads to test/cloud instead.
export { Blobs } from 'spiderlightning:cloud/blobs@0.6.0';
