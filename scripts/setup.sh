#!/usr/bin/env bash
# scripts/setup.sh [PRESET]: installs the Debian packages a build with PRESET needs. All are in Debian 12 with its
# security and update suites, as a fresh installation has them. Does nothing, in milliseconds, when they are there;
# speaks on standard error only.
set -euo pipefail

packages=(
  clang-22 lld-22 llvm-22-dev llvm-22-tools libmlir-22-dev mlir-22-tools
  cmake ninja-build ccache python3
  zlib1g-dev libzstd-dev libedit-dev libcurl4-openssl-dev libxml2-dev
  libfmt-dev libcli11-dev nlohmann-json3-dev libsqlite3-dev libgtest-dev libgmock-dev
)
[ "${1:-}" != asan ] || packages+=(libclang-rt-22-dev)

if ! command -v dpkg-query >/dev/null; then
  echo "setup: this is not Debian; install the counterparts of: ${packages[*]}" >&2
  exit 1
fi
installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "${packages[@]}" 2>/dev/null || true)
missing=()
for package in "${packages[@]}"; do
  grep -qx "$package installed" <<<"$installed" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" != 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "setup: installing needs root or sudo; missing: ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi
echo "setup: installing ${missing[*]}" >&2
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300)
"${apt[@]}" update >&2
"${apt[@]}" install -y --no-install-recommends "${missing[@]}" >&2
