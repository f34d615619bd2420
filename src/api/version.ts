// The version of the product, one constant: the command line must not read a file to say who it is.

/** As in package.json; a test holds the two together. */
export const VERSION = "0.1.0";
