use std::io::{self, BufRead, IsTerminal};

use anyhow::{Context, bail};
use secrecy::{ExposeSecret, SecretString};
use waterline_store::NewUser;

use crate::{
    args::{PasswordFrom, User},
    clock,
    config::Config,
    output, startup,
};

/// Who the audit log names: whoever may use the database's credentials is known to the system, not to us.
const ACTOR: &str = "command line";

pub(crate) async fn run(user: &User, config: &Config) -> anyhow::Result<()> {
    let store = startup::open_store(config).await?;
    let now = clock::now();
    let done = match user {
        User::List => return list(&store.users().await?, config),
        User::Add { name, role, password } => {
            let password = read_password(*password)?;
            let new = NewUser { name, role: *role, password: password.expose_secret() };
            store.add_user(new, ACTOR, now).await?;
            format!("\"{name}\" may sign in as {}.", role.as_str())
        }
        User::SetPassword { name, password } => {
            let password = read_password(*password)?;
            store.set_password(name, password.expose_secret(), ACTOR, now).await?;
            format!("\"{name}\" has a new password.")
        }
        User::SetRole { name, role } => {
            store.set_role(name, *role, ACTOR, now).await?;
            format!("\"{name}\" is {} now.", role.as_str())
        }
        User::Disable { name } => {
            store.set_disabled(name, true, ACTOR, now).await?;
            format!("\"{name}\" can no longer sign in.")
        }
        User::Enable { name } => {
            store.set_disabled(name, false, ACTOR, now).await?;
            format!("\"{name}\" may sign in again.")
        }
    };
    Ok(output::print(done)?)
}

fn list(users: &[waterline_store::User], config: &Config) -> anyhow::Result<()> {
    if users.is_empty() {
        output::print("Nobody may sign in yet; add somebody with `waterline user add NAME --role admin`.")?;
    }
    for user in users {
        let since = config.zone.local(user.created_at).format("%-d %B %Y");
        let disabled = if user.disabled { ", disabled" } else { "" };
        output::print(format!("{:<24} {:<7} since {since}{disabled}", user.name, user.role.as_str()))?;
    }
    Ok(())
}

/// Never from an argument: those stand in shell histories and process lists.
fn read_password(from: PasswordFrom) -> anyhow::Result<SecretString> {
    if from.password_stdin || !io::stdin().is_terminal() {
        let mut line = String::new();
        io::stdin()
            .lock()
            .read_line(&mut line)
            .context("cannot read the password from the standard input")?;
        let password = line.trim_end_matches(['\r', '\n']);
        if password.is_empty() {
            bail!("no password came on the standard input");
        }
        return Ok(SecretString::from(password));
    }
    let ask =
        |prompt| rpassword::prompt_password(prompt).context("cannot read the password from the terminal");
    let password = ask("Password (at least 12 characters): ")?;
    if ask("The same again: ")? != password {
        bail!("the two passwords differ; nothing was changed");
    }
    Ok(SecretString::from(password))
}
