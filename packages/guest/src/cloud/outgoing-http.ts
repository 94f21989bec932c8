// In plain Node `#cloud/outgoing-http` leads to test/cloud instead.
export { Exchange, wait } from 'spiderlightning:cloud/outgoing-http@0.6.0';
