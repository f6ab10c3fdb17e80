declare const brand: unique symbol;

/** `T` with a private tag. Only the parser that stands in the same file as the tagged type makes one. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
