#!/bin/sh
# Prints the newest Python on PATH that Outrider runs on; else one line that says what is missing.
# PYTHON=/path/to/python names another.
for tool in git make; do
    command -v "$tool" >/dev/null 2>&1 || { echo "error: $tool is missing; install it with your system's package manager" >&2; exit 1; }
done
seen=""
for name in "$PYTHON" python3.13 python3.12 python3.11 python3 python; do
    [ -n "$name" ] || continue
    # Run it: a name on PATH may be a version manager's shim with nothing behind it.
    version=$("$name" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue
    case "$version" in
        3.11 | 3.12 | 3.13) ;;
        *) seen="$seen $name is $version;"; continue ;;
    esac
    if ! "$name" -c 'import ensurepip, venv' 2>/dev/null; then
        seen="$seen $name ($version) cannot make virtual environments (on Debian: apt-get install python$version-venv);"
        continue
    fi
    "$name" -c 'import sys; print(sys.executable)'
    exit 0
done
echo "error: no Python 3.11, 3.12 or 3.13 that works here;${seen:- none is on PATH;} install one, or name it: make PYTHON=/path/to/python3.12" >&2
exit 1
