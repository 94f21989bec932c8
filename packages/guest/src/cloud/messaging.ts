// In plain Node `#cloud/messaging` leads to test/cloud instead.
export { Messages } from 'spiderlightning:cloud/messaging@0.6.0';
