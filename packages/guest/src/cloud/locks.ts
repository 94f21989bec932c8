// In plain Node `#cloud/locks` leads to test/cloud instead.
export { Locks } from 'spiderlightning:cloud/locks@0.6.0';
