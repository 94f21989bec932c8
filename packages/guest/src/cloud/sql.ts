// In plain Node `#cloud/sql` leads to test/cloud instead.
export { Database } from 'spiderlightning:cloud/sql@0.6.0';
