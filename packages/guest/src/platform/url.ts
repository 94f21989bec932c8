// A module of its own, so that apps that parse no URL leave the parser out.
export { URL, URLSearchParams } from 'whatwg-url-minimum';
