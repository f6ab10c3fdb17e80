/** The package brings no types. */
declare module 'bcrypt-pbkdf' {
	const bcrypt: {
		/** Fills `key`. Returns 0 when it could. */
		pbkdf(
			pass: Uint8Array,
			passLength: number,
			salt: Uint8Array,
			saltLength: number,
			key: Uint8Array,
			keyLength: number,
			rounds: number,
		): number;
	};
	export default bcrypt;
}
