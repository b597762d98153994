/** Answers <img src="x.vqz"> of the service worker's pages with BMP files. */
export {};
