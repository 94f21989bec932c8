// In plain Node `#cloud/keyvalue` leads to test/cloud instead.
export { Store } from 'spiderlightning:cloud/keyvalue@0.6.0';
