//! Builds the styles and scripts of the pages (folder `ui`) with npm, for `src/assets.rs` to embed. Works
//! on a copy in `OUT_DIR`, so that a build never writes into the source tree.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use sha2::{Digest, Sha256};

const NO_NODE: &str = "Waterline's pages are built with Node.js and npm; install Node 20 or newer";

fn main() {
    for input in ["ui/package.json", "ui/package-lock.json", "ui/src", "build.rs"] {
        println!("cargo::rerun-if-changed={input}");
    }
    match build() {
        Ok(hash) => println!("cargo::rustc-env=WATERLINE_UI_HASH={hash}"),
        Err(reason) => println!("cargo::error={reason}"),
    }
}

/// Gives the hash of what was built, which stands in the addresses of the assets.
fn build() -> Result<String, String> {
    let out = std::env::var_os("OUT_DIR").ok_or("cargo did not set OUT_DIR")?;
    let target = PathBuf::from(out).join("ui");
    copy_sources(&target).map_err(|e| format!("cannot copy crates/web/ui to {}: {e}", target.display()))?;
    check_node()?;

    // Installing again only when the lock file changed keeps later builds quick, and off the network.
    let lock = read(&target.join("package-lock.json"))?;
    let installed = target.join("installed-lock.json");
    if fs::read(&installed).ok().as_deref() != Some(&lock[..]) {
        npm(&target, &["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])?;
        fs::write(&installed, &lock).map_err(|e| format!("cannot write {}: {e}", installed.display()))?;
    }
    npm(&target, &["run", "--silent", "build"])?;

    let mut hash = Sha256::new();
    for file in ["waterline.css", "waterline.js"] {
        hash.update(read(&target.join("dist").join(file))?);
    }
    hash.update(read(&target.join("src/favicon.svg"))?);
    Ok(hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect())
}

fn copy_sources(target: &Path) -> io::Result<()> {
    let source = target.join("src");
    if source.exists() {
        fs::remove_dir_all(&source)?;
    }
    fs::create_dir_all(&source)?;
    for file in ["package.json", "package-lock.json"] {
        fs::copy(Path::new("ui").join(file), target.join(file))?;
    }
    for entry in fs::read_dir("ui/src")? {
        let entry = entry?;
        fs::copy(entry.path(), source.join(entry.file_name()))?;
    }
    Ok(())
}

fn check_node() -> Result<(), String> {
    let output = Command::new("node").arg("--version").output().map_err(|_| NO_NODE)?;
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let major = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    match major {
        Some(20..) => Ok(()),
        _ => Err(format!("{NO_NODE} (found {version})")),
    }
}

fn npm(folder: &Path, arguments: &[&str]) -> Result<(), String> {
    let command = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let output = Command::new(command).args(arguments).current_dir(folder).output().map_err(|_| NO_NODE)?;
    if output.status.success() {
        return Ok(());
    }
    // An instruction to cargo is one line.
    let complaint = String::from_utf8_lossy(&output.stderr).trim().replace('\n', " | ");
    Err(format!("`npm {}` failed in {}: {complaint}", arguments.join(" "), folder.display()))
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|e| format!("cannot read {}: {e}", path.display()))
}
