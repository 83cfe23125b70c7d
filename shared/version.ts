/** This program's version, that of package.json. Told to servers, and by the command line. */
export const VERSION = '0.1.0';
