declare const brand: unique symbol;

/** `T` with a private tag. Only the parser in the file that declares the tagged type may create one. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
