#!/usr/bin/env bash
# Gets Docker Buildx from Debian's packages of a newer suite and puts it, alone, into a folder for DOCKER_CONFIG, which it
# prints: Docker Compose builds in another way as soon as it finds a buildx, so the machine's own folder is left alone.
# buildx.sh [SUITE]      SUITE defaults to forky.
set -euo pipefail
suite=${1:-forky}
config=${XDG_CACHE_HOME:-$HOME/.cache}/reeve-test/buildx
plugin=$config/cli-plugins/docker-buildx
if [[ ! -x $plugin ]]; then
  sources=$(cat /etc/apt/sources.list.d/*.sources /etc/apt/sources.list 2>/dev/null || true)
  mirror=$(grep -oE 'https?://[^ ]*debian/?( |$)' <<<"$sources" | head -n 1 | tr -d ' ')
  [[ -n $mirror ]] || { echo 'buildx.sh: no Debian mirror in the sources of apt' >&2; exit 1; }
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  arch=$(dpkg --print-architecture)
  curl -fsS --retry 3 "${mirror%/}/dists/$suite/main/binary-$arch/Packages.xz" | xz -dc >"$work/Packages"
  entry=$(awk -v RS= '/^Package: docker-buildx\n/' "$work/Packages")
  file=$(sed -n 's/^Filename: //p' <<<"$entry")
  digest=$(sed -n 's/^SHA256: //p' <<<"$entry")
  [[ -n $file && -n $digest ]] || { echo "buildx.sh: $suite has no docker-buildx" >&2; exit 1; }
  curl -fsS --retry 3 -o "$work/buildx.deb" "${mirror%/}/$file"
  sha256sum --check --quiet <<<"$digest  $work/buildx.deb"
  dpkg -x "$work/buildx.deb" "$work/root"
  mkdir -p "$config/cli-plugins"
  # Whole or not at all: several tests may come here at once.
  install -m 0755 "$work/root/usr/libexec/docker/cli-plugins/docker-buildx" "$plugin.$$"
  mv "$plugin.$$" "$plugin"
fi
printf '%s\n' "$config"
