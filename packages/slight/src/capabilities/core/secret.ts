export { Secret } from '../../slightfile/secret.ts';
