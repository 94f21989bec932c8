/** The version of WASI 0.2 that the interfaces here are complete for. Earlier ones have less and are served as well. */
export const VERSION = '0.2.12';
