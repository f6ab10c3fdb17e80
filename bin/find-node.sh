# Sets $node to the Node that npm brought with the tree at $here, or to one on PATH that is new enough. Read by the programs beside it.

# In a checkout the packages lie in the tree; where it is a package itself, beside it. Beside any other tree lies whatever others
# put there.
beside=$here/node_modules
case $here in */node_modules/signalbox) beside=${here%/signalbox} ;; esac
node=
for brought in "$here"/node_modules/node-linux-*/bin/node "$beside"/node-linux-*/bin/node; do
	if [ -x "$brought" ] && "$brought" --version >/dev/null 2>&1; then
		node=$brought
		break
	fi
done

if [ -z "$node" ]; then
	if ! command -v node >/dev/null 2>&1; then
		echo "signalbox: cannot find Node.js: run 'npm ci' in $here, which brings one, or install Node.js 24.15 or newer" >&2
		exit 2
	fi
	node=node
	# An older Node cannot even read the program, so its version is looked at before.
	if ! node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a >= 26 || (a === 24 && b >= 15) ? 0 : 1)'; then
		echo "signalbox: cannot run under Node.js $(node --version): run 'npm ci' in $here, which brings a newer one, or install Node.js 24.15 or newer" >&2
		exit 2
	fi
fi

# Code that Node has stripped of its types once is not stripped again.
cache=$here/node_modules/.cache/compile
if [ -d "$here/node_modules" ] && mkdir -p -- "$cache" 2>/dev/null && [ -w "$cache" ]; then
	NODE_COMPILE_CACHE=$cache
	export NODE_COMPILE_CACHE
fi
