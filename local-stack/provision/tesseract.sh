#!/usr/bin/env bash
# Makes sure that the machine has Tesseract with English, which reads scans where kb.extract.ocr is on; the tests need
# it. Repeating it is safe.
set -euo pipefail

log=${KB_PROVISION_LOG:-${TMPDIR:-/tmp}/kb-provision-$(id -u).log}

fail() {
    printf '  ✗ %s\n    mend: %s\n    log:  %s\n' "$1" "$2" "$log" >&2
    exit 1
}

if tesseract --list-langs 2>/dev/null | grep -qx eng; then exit 0; fi
command -v apt-get >/dev/null || fail "Tesseract is missing and this is not Debian or Ubuntu" \
    "install it with its English data"
sudo=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || fail "Tesseract must be installed, which needs root" "run as root once: $0"
    sudo=(sudo)
fi
mkdir -p "$(dirname "$log")"
install() {
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 \
        install --no-install-recommends tesseract-ocr tesseract-ocr-eng >>"$log" 2>&1
}
printf '  … installing Tesseract\n'
if ! install; then
    "${sudo[@]}" apt-get -q -y -o DPkg::Lock::Timeout=300 update >>"$log" 2>&1 || fail "apt-get update failed" "check the network"
    install || fail "Tesseract could not be installed" "read the log's last lines, mend apt, then repeat"
fi
printf '  ✓ Tesseract\n'
