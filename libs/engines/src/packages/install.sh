# Installs the packages named as arguments and keeps them from starting daemons; run as root with `sh -c`.
set -eu
policy=/usr/sbin/policy-rc.d
saved=$policy.saved-by-muster
clusters=/etc/postgresql-common/createcluster.d/muster.conf

restore() {
  rm -f "$policy" "$clusters"
  if [ -e "$saved" ]; then mv "$saved" "$policy"; fi
}

# What was there is put aside once: an earlier run that was killed has done it already.
if [ -e "$policy" ] && [ ! -e "$saved" ] && ! grep -q muster "$policy"; then mv "$policy" "$saved"; fi
trap restore EXIT
trap 'exit 130' INT TERM HUP
printf '#!/bin/sh\n# muster: no daemon is started while packages are installed\nexit 101\n' > "$policy"
chmod 755 "$policy"
mkdir -p "$(dirname "$clusters")"
echo 'create_main_cluster = false' > "$clusters"

installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }
had_rabbitmq=no; if installed rabbitmq-server; then had_rabbitmq=yes; fi
had_erlang=no; if installed erlang-base; then had_erlang=yes; fi
had_postfix=no; if installed postfix; then had_postfix=yes; fi

export DEBIAN_FRONTEND=noninteractive
install="apt-get install -y --no-install-recommends -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=120"
if ! $install "$@"; then
  # The lists may be absent (a fresh container) or old.
  apt-get update
  $install "$@"
fi

# Nor at the next boot: only what came just now, never what was here before.
if command -v systemctl >/dev/null; then
  if [ $had_rabbitmq = no ]; then systemctl disable rabbitmq-server.service >/dev/null 2>&1 || true; fi
  if [ $had_erlang = no ]; then systemctl disable epmd.socket epmd.service >/dev/null 2>&1 || true; fi
  if [ $had_postfix = no ]; then systemctl disable postfix.service >/dev/null 2>&1 || true; fi
fi
