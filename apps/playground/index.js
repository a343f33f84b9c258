/** The folder with index.html and assets/, as they are served. */
export const playgroundFolder = new URL('./dist/', import.meta.url);
