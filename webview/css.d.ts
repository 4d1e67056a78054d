/** Style sheets are collected by esbuild; importing one gives nothing. */
declare module '*.css' {}
