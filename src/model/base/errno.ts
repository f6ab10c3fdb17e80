/** Returns the errno name of something thrown (`ENOENT`), or an empty text. */
export function errnoOf(thrown: unknown): string {
	return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
}
