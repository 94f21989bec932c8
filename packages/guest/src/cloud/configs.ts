// In plain Node `#cloud/configs` leads to test/cloud instead.
export { Configs } from 'spiderlightning:cloud/configs@0.6.0';
