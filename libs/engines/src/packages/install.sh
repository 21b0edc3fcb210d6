# Installs the packages named as arguments and keeps them from starting daemons; run as root with `sh -c`.
set -eu
policy=/usr/sbin/policy-rc.d
clusters=/etc/postgresql-common/createcluster.d/muster.conf
mark='muster: no daemon is started'

# Ours means nothing any more once its installer is gone: whatever ends us, daemons start again as they did before. It
# is removed all the same, now and by the next run. A policy of the machine's own is left as it is.
clear_policy() {
  if grep -q "$mark" "$policy" 2>/dev/null && sh "$policy"; then rm -f "$policy"; fi
}
clear_all() {
  clear_policy
  rm -f "$clusters"
  rmdir "${clusters%/*}" 2>/dev/null || true
}
clear_all
trap clear_all EXIT
trap 'exit 130' INT TERM HUP
mkdir -p "${clusters%/*}"
echo 'create_main_cluster = false' > "$clusters"

installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }
had_rabbitmq=no; if installed rabbitmq-server; then had_rabbitmq=yes; fi
had_erlang=no; if installed erlang-base; then had_erlang=yes; fi
had_postfix=no; if installed postfix; then had_postfix=yes; fi
had_sasl=no; if installed sasl2-bin; then had_sasl=yes; fi
had_nginx=no; if installed nginx; then had_nginx=yes; fi
had_haproxy=no; if installed haproxy; then had_haproxy=yes; fi

export DEBIAN_FRONTEND=noninteractive
# In the process that becomes apt-get: the policy holds as long as exactly that one lives, told apart by the tick of its
# start.
attempt() (
  if [ ! -e "$policy" ]; then
    read -r pid _ < /proc/self/stat
    started=$(sed 's/.*) //' "/proc/$pid/stat" | cut -d' ' -f20)
    cat > "$policy.new" <<END
#!/bin/sh
# $mark while apt-get (pid $pid) installs packages
stat=\$(sed 's/.*) //' /proc/$pid/stat 2>/dev/null)
case \$stat in [ZX]*) exit 0 ;; esac
test "\$(echo "\$stat" | cut -d' ' -f20)" = $started && exit 101
exit 0
END
    chmod 755 "$policy.new"
    mv "$policy.new" "$policy"
  fi
  # Nothing is removed: a package that conflicts with what somebody uses (a mail server) is refused.
  exec apt-get install -y --no-install-recommends --no-remove -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=120 "$@"
)
if ! attempt "$@"; then
  clear_policy
  # The lists may be absent (a fresh container) or old.
  apt-get update
  attempt "$@"
fi

# Not now, should the machine's own policy have let them, nor at the next boot: only what came just now, never what was
# here before.
stay_off() {
  if command -v systemctl >/dev/null; then systemctl disable --now "$@" >/dev/null 2>&1 || true; fi
  for name in "$@"; do
    case $name in
      *.service) if [ -x "/etc/init.d/${name%.service}" ]; then "/etc/init.d/${name%.service}" stop >/dev/null 2>&1 || true; fi ;;
    esac
  done
}
if [ $had_rabbitmq = no ]; then stay_off rabbitmq-server.service; fi
if [ $had_erlang = no ]; then stay_off epmd.socket epmd.service; fi
if [ $had_postfix = no ]; then stay_off postfix.service; fi
if [ $had_sasl = no ]; then stay_off saslauthd.service; fi
if [ $had_nginx = no ]; then stay_off nginx.service; fi
if [ $had_haproxy = no ]; then stay_off haproxy.service; fi
# The init script of RabbitMQ asks in Erlang whether a broker runs, and Erlang starts a port mapper for that, which stays.
if [ $had_erlang = no ] && command -v epmd >/dev/null; then epmd -kill >/dev/null 2>&1 || true; fi
