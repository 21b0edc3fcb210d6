# Runs a private Postfix until standard input ends; as root, since Postfix gives up its rights by itself.
# run.sh DIRECTORY PORT USER PASSWORD [NEXT REPORTS]: the certificate and its key are in the directory already. With NEXT, mail goes on to
# the server at that port, and what comes back to bounces.muster.example goes by LMTP to the port REPORTS. A report that is faster than what
# the worker writes down is put off there, and comes again within seconds.
set -eu
dir=$1 port=$2 user=$3 password=$4
transports=
if [ $# -gt 4 ]; then
    transports="inline:{learners.example=smtp:[127.0.0.1]:$5, bounces.muster.example=lmtp:inet:127.0.0.1:$6}"
fi
mkdir -p "$dir/spool" "$dir/data" "$dir/sasl" "$dir/mail"
chown postfix "$dir/data" "$dir/mail"
cat > "$dir/main.cf" <<END
compatibility_level = 3.6
queue_directory = $dir/spool
data_directory = $dir/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file_prefixes = $dir
maillog_file = $dir/log
inet_interfaces = loopback-only
inet_protocols = all
myhostname = mail.muster.test
mydestination =
mynetworks =
alias_maps =
alias_database =
virtual_mailbox_domains = learners.example
virtual_mailbox_base = $dir/mail
virtual_mailbox_maps = static:all/
virtual_uid_maps = static:$(id -u postfix)
virtual_gid_maps = static:$(id -g postfix)
smtpd_tls_security_level = encrypt
smtpd_tls_chain_files = $dir/tls.pem
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = cyrus
smtpd_sasl_path = smtpd
cyrus_sasl_config_path = $dir/sasl
smtpd_client_restrictions = permit_sasl_authenticated, reject
smtpd_relay_restrictions = permit_sasl_authenticated, reject
transport_maps = $transports
minimal_backoff_time = 1s
queue_run_delay = 1s
END
ipv6=
if grep -q '^0*1 ' /proc/net/if_inet6 2>/dev/null; then ipv6="[::1]:$port inet n - n - - smtpd"; fi
cat > "$dir/master.cf" <<END
127.0.0.1:$port inet n - n - - smtpd
$ipv6
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
virtual unix - n n - - virtual
smtp unix - - n - - smtp
lmtp unix - - n - - lmtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
END
cat > "$dir/sasl/smtpd.conf" <<END
pwcheck_method: auxprop
auxprop_plugin: sasldb
sasldb_path: $dir/sasl/users
mech_list: PLAIN LOGIN
END
echo "$password" | saslpasswd2 -f "$dir/sasl/users" -c -p -u mail.muster.test "$user"
chown postfix "$dir/sasl/users"
trap 'postfix -c "$dir" stop; rm -rf "$dir"' EXIT
postfix -c "$dir" start
cat > /dev/null
