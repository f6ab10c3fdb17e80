/** The package has no types of its own. These are the parts that private-file.ts uses. */
declare module 'write-file-atomic' {
	const writeFileAtomic: {
		sync(
			path: string,
			data: Uint8Array,
			options: {
				readonly mode: number;
				/** Called with the name of the temporary file once it is open, before anything is written. */
				readonly tmpfileCreated: (temporary: string) => void;
			},
		): void;
	};
	export default writeFileAtomic;
}
