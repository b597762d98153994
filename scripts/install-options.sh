# Read by the install scripts that build with cargo: `script=$(realpath "$0"); prefix=DEFAULT; . scripts/install-options.sh` takes --prefix DIR, --profile NAME and --uninstall
# from the command line, and sets prefix, profile, uninstall, root (where files go: DESTDIR is honoured) and folder (cargo's, for the profile).
profile=release uninstall=
while [ $# -gt 0 ]; do
    case "$1" in
    --prefix) prefix=$(realpath -m -- "${2:?--prefix needs a folder}") && shift 2 ;;
    --profile) profile=${2:?--profile needs a name} && shift 2 ;;
    --uninstall) uninstall=1 && shift ;;
    *) grep -m 1 "^#   scripts/" "$script" >&2 && exit 2 ;;
    esac
done
root=${DESTDIR:-}$prefix
folder=$profile
[ "$profile" != dev ] || folder=debug
