/** Returns the first value of `look` that is there; fails after `limit` milliseconds without one. */
export async function until<T>(what: string, look: () => T | undefined | false, limit = 60_000): Promise<T> {
	const end = performance.now() + limit;
	for (;;) {
		const seen = look();
		if (seen !== undefined && seen !== false) return seen;
		if (performance.now() > end) throw new Error(`waited ${limit} ms in vain: ${what}`);
		await new Promise((resolve) => setTimeout(resolve, 10));
	}
}
