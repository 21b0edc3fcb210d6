//! Everything RabbitMQ reads from its surroundings, so that nothing of the system's own instance is touched.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use super::RabbitMqPorts;
use crate::{EngineError, secret, write_private};

/// What the node is called.
const NODE: &str = "muster@localhost";
/// Where the scripts of RabbitMQ find theirs.
const PATH: &str = "/usr/lib/rabbitmq/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Writes the node's cookie and configuration.
pub(super) fn prepare(directory: &Path, ports: RabbitMqPorts, password: &str) -> Result<(), EngineError> {
    for part in ["home", "mnesia", "log", "generated"] {
        let path = directory.join(part);
        fs::create_dir_all(&path).map_err(EngineError::file("create", &path))?;
    }
    let cookie = directory.join("home/.erlang.cookie");
    if !cookie.exists() {
        let value = secret(&directory.join("cookie"))?;
        write_private(&cookie, value.as_bytes())?;
        fs::set_permissions(&cookie, fs::Permissions::from_mode(0o400))
            .map_err(EngineError::file("close", &cookie))?;
    }
    // The user is made at the first start only; the log goes to standard output, which is our log file.
    let configuration = format!(
        "listeners.tcp.default = 127.0.0.1:{}\n\
         default_user = muster\n\
         default_pass = {password}\n\
         log.console = true\n\
         log.console.level = info\n\
         log.file = false\n\
         raft.wal_max_size_bytes = 67108864\n",
        ports.amqp
    );
    write_private(&directory.join("rabbitmq.conf"), configuration.as_bytes())?;
    write_private(&directory.join("advanced.config"), b"[].\n")?;
    write_private(&directory.join("enabled_plugins"), b"[].\n")
}

/// Points every setting at our directory. Variables of the person's shell are dropped: one stray `RABBITMQ_…` would be
/// enough to start on the system's data.
pub(super) fn set(command: &mut Command, directory: &Path, ports: RabbitMqPorts) {
    command
        .env_clear()
        .current_dir(directory)
        .env("PATH", PATH)
        .env("LANG", "C.UTF-8")
        .env("HOME", directory.join("home"))
        // The script then becomes the server instead of staying beside it: one process, one pid.
        .env("RUNNING_UNDER_SYSTEMD", "true")
        .env("RABBITMQ_NODENAME", NODE)
        .env("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1")
        .env("RABBITMQ_NODE_PORT", ports.amqp.to_string())
        .env("RABBITMQ_DIST_PORT", ports.distribution.to_string())
        .env("RABBITMQ_MNESIA_BASE", directory.join("mnesia"))
        .env("RABBITMQ_LOG_BASE", directory.join("log"))
        .env("RABBITMQ_GENERATED_CONFIG_DIR", directory.join("generated"))
        .env("RABBITMQ_CONF_ENV_FILE", "/dev/null")
        .env("RABBITMQ_CONFIG_FILE", directory.join("rabbitmq.conf"))
        .env("RABBITMQ_ADVANCED_CONFIG_FILE", directory.join("advanced.config"))
        .env("RABBITMQ_ENABLED_PLUGINS_FILE", directory.join("enabled_plugins"))
        .env("RABBITMQ_PID_FILE", directory.join("server.pid"))
        .env("ERL_EPMD_PORT", ports.mapper.to_string())
        .env("ERL_EPMD_ADDRESS", "127.0.0.1")
        .env("ERL_CRASH_DUMP", directory.join("log/erl_crash.dump"))
        // No busy waiting: a developer's machine has other things to do.
        .env(
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS",
            "+sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}",
        );
}

/// The same for a script that controls the node: its cookie, and where its port mapper listens.
pub(super) fn set_for_control(command: &mut Command, directory: &Path, mapper: u16) {
    command
        .env_clear()
        .env("PATH", PATH)
        .env("LANG", "C.UTF-8")
        .env("HOME", directory.join("home"))
        .env("RABBITMQ_CONF_ENV_FILE", "/dev/null")
        .env("ERL_EPMD_PORT", mapper.to_string())
        .args(["--quiet", "-n", NODE]);
}
