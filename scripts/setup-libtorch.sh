#!/usr/bin/env bash
# Sets up libtorch for the trainer (lab/train) and prints the environment to export:
#
#   eval "$(scripts/setup-libtorch.sh [--cpu|--cuda] [FOLDER])"
#
# FOLDER is a Python virtual environment, .venv-torch by default; done once, the next run only prints.
# --cuda (5 GB) is chosen where nvidia-smi works, --cpu (0.8 GB) elsewhere.
# Needs python3 with venv, and a C++ compiler to build torch-sys.
set -euo pipefail

version=2.11.0 # what tch 0.24 binds to

kind=""
folder="$(dirname "$0")/../.venv-torch"
for argument in "$@"; do
    case "$argument" in
    --cpu | --cuda) kind=${argument#--} ;;
    -*) echo "usage: $0 [--cpu|--cuda] [FOLDER]" >&2 && exit 2 ;;
    *) folder=$argument ;;
    esac
done
if [ -z "$kind" ]; then
    if nvidia-smi >/dev/null 2>&1; then kind=cuda; else kind=cpu; fi
fi

stamp="$folder/libtorch-$version-$kind"
if [ ! -e "$stamp" ]; then
    echo "installing torch $version ($kind) into $folder" >&2
    rm -rf "$folder"
    python3 -m venv "$folder"
    pip=("$folder/bin/pip" install --quiet --no-cache-dir)
    if [ "$kind" = cuda ]; then
        "${pip[@]}" "torch==$version" >&2
    else
        # The registry's only wheel is the CUDA one. Its CPU half needs two small libraries; the other half goes.
        "${pip[@]}" --no-deps "torch==$version" >&2
        if [ "$(uname -sm)" = "Linux x86_64" ]; then
            "${pip[@]}" --no-deps nvidia-cuda-runtime==13.0.96 nvidia-cuda-cupti==13.0.85 >&2
            rm -f "$folder"/lib/python*/site-packages/torch/lib/lib{torch_cuda,torch_cuda_linalg,torch_nvshmem}.so
        fi
    fi
    touch "$stamp"
fi

torch=$(cd "$folder"/lib/python*/site-packages/torch && pwd)
echo "export LIBTORCH='$torch'"
echo "export LD_LIBRARY_PATH='$torch/lib'\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}"
