# Read by the launchers of this installation, with $here (where it is) and $program (its name in dist/) set. Sets $node and $main,
# and NODE_COMPILE_CACHE where it may. One rule for a checkout, a local or global install of npm, and a package of the system.

# The Node that npm brought: inside this tree, or beside it where npm laid the packages flat. Beside any other tree lies whatever
# others put there.
beside=$here/node_modules
case $here in */node_modules/signalbox) beside=${here%/signalbox} ;; esac

find_node() {
	for node in "$here"/node_modules/node-linux-*/bin/node "$beside"/node-linux-*/bin/node; do
		# Packages copied from another machine hold a Node that does not start here. Asking it would take as long as a start.
		case $node in
		*-x64/bin/node) loader=/lib64/ld-linux-x86-64.so.2 ;;
		*) loader=/lib/ld-linux-aarch64.so.1 ;;
		esac
		[ ! -x "$node" ] || [ ! -e "$loader" ] || return 0
	done
	if ! node=$(command -v node); then
		echo "signalbox: cannot find Node.js: run 'npm ci' in $here, which brings one, or install Node.js 24.15 or newer" >&2
		exit 2
	fi
	# An older Node cannot even read the program, so the shell reads its version.
	version=$("$node" --version) || version=v0
	major=${version#v}
	minor=${major#*.}
	major=${major%%.*}
	minor=${minor%%.*}
	[ "$major" -ge 26 ] || { [ "$major" -eq 24 ] && [ "$minor" -ge 15 ]; } || {
		echo "signalbox: cannot run under Node.js $version: run 'npm ci' in $here, which brings a newer one, or install Node.js 24.15 or newer" >&2
		exit 2
	}
}

# Succeeds unless a source may be newer than dist/. Only a checkout has sources.
is_current() {
	[ -d "$here/src" ] || return 0
	stamp=$here/dist/built-from
	[ -e "$stamp" ] || return 1
	newer=$(find "$here/src" "$here/package.json" "$here/package-lock.json" "$here/scripts/dev/build.ts" \
		-newercm "$stamp" -print -quit 2>&1) || return 1
	[ -z "$newer" ]
}

# Compares the sources themselves, and builds what has changed; fails, with a sentence, where that cannot be. Root builds as the owner
# of the tree: the owner of the sources already decides what the programs do, and must not decide what root does meanwhile.
build() {
	owner=$(stat -c %u -- "$here")
	if [ "$(id -u)" -eq 0 ] && [ "$owner" -ne 0 ]; then
		setpriv --reuid="$owner" --regid="$(stat -c %g -- "$here")" --clear-groups -- "$node" "$here/scripts/dev/build.ts"
	else
		"$node" "$here/scripts/dev/build.ts"
	fi
}

find_node
main=$here/dist/$program.js

# A box without karen cannot take back a half-installed release, so an older karen is better than none. All others are refused.
if ! is_current && ! build </dev/null >&2; then
	if [ "$program" != karen ] || [ ! -e "$main" ]; then exit 2; fi
	echo "signalbox: karen starts from this older build" >&2
fi
if [ ! -e "$main" ]; then
	echo "signalbox: cannot find $main: install Signalbox again" >&2
	exit 2
fi

# Code that Node has compiled once is not compiled again.
cache=$here/node_modules/.cache/compile
if [ -w "$cache" ] || { [ -d "$here/node_modules" ] && mkdir -p -- "$cache" 2>/dev/null && [ -w "$cache" ]; }; then
	NODE_COMPILE_CACHE=$cache
	export NODE_COMPILE_CACHE
fi
