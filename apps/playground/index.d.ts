/** The folder with index.html and assets/, as they are served. */
export declare const playgroundFolder: URL;
