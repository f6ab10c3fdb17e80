/** The package has no types of its own. */
declare module 'bcrypt-pbkdf' {
	const bcrypt: {
		/** Fills `key`. Returns 0 on success. */
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
