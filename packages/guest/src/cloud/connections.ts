// In plain Node `#cloud/connections` leads to test/cloud instead.
export { broadcast, close, join, leave, send } from 'spiderlightning:cloud/connections@0.6.0';
