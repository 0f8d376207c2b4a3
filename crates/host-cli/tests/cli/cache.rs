//! The cache of compiled components: a second start compiles nothing, and whatever is wrong with the cache costs time
//! alone.

use crate::support::{App, Ran, command, finish, run};
use serde_json::Value;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

const ENTRY: &str = "  - name: it\n    kind: function.wat\n    source: file://add.wat\n    method: add\n";

/// An application of one component, and the place of a cache that is not there yet.
struct World {
    app: App,
    home: TempDir,
}

impl World {
    fn new() -> Self {
        Self { app: App::new(ENTRY), home: tempfile::tempdir().unwrap() }
    }

    /// The same, after a first start.
    fn started() -> Self {
        let world = Self::new();
        world.check().came(1, 0);
        world
    }

    fn cache(&self) -> PathBuf {
        self.home.path().join("cache")
    }

    fn command(&self) -> Command {
        let (app, cache) = (self.app.path(), self.cache());
        command(&[], &["--json", "check", app.to_str().unwrap(), "--cache-dir", cache.to_str().unwrap()])
    }

    #[track_caller]
    fn check(&self) -> Checked {
        let ran = finish(self.command().stdout(Stdio::piped()).stderr(Stdio::piped()));
        assert_eq!((String::from_utf8(ran.stderr).unwrap().as_str(), ran.code), ("", 0));
        Checked(serde_json::from_slice(&ran.stdout).unwrap())
    }

    /// The names in the cache.
    fn names(&self) -> Vec<String> {
        let names = fs::read_dir(self.cache()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    /// The one file of the cache.
    #[track_caller]
    fn file(&self) -> PathBuf {
        let names = self.names();
        assert_eq!(names.len(), 1, "{names:?}");
        self.cache().join(&names[0])
    }
}

/// What `check --json` says.
struct Checked(Value);

impl Checked {
    /// So many components were compiled and taken from the cache, and nothing is said of the cache.
    #[track_caller]
    fn came(&self, compiled: u64, cached: u64) {
        assert_eq!(self.counts(), (compiled, cached));
        assert_eq!(self.0["code"]["cache_remark"], Value::Null);
    }

    /// One component was compiled, and the remark holds this.
    #[track_caller]
    fn compiled_with_remark(&self, holds: &str) {
        assert_eq!(self.counts(), (1, 0));
        let remark = self.0["code"]["cache_remark"]["message"].as_str().unwrap();
        assert!(remark.contains(holds), "{remark}");
    }

    #[track_caller]
    fn counts(&self) -> (u64, u64) {
        assert_eq!(self.0["ok"], true);
        let count = |name: &str| self.0["code"][name].as_u64().unwrap();
        (count("compiled"), count("cached"))
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn a_second_start_compiles_nothing() {
    let world = World::started();
    world.check().came(0, 1);
    let cache = world.cache();
    world.app.run("call", &["demo:it", "3", "5", "--cache-dir", cache.to_str().unwrap()]).gives("8\n");
    world.file();
}

#[test]
fn the_cache_is_this_users_alone() {
    let world = World::started();
    assert_eq!((mode(&world.cache()), mode(&world.file())), (0o700, 0o600));
}

#[test]
fn other_code_and_other_signatures_are_compiled() {
    let module = "(module (func (export \"f\") (param i32) (result i32) local.get 0))";
    let entry = |name: &str, wit: &str| {
        format!(
            "  - name: {name}\n    kind: function.wat\n    source: file://f.wat\n    method: f\n    wit: \"{wit}\"\n"
        )
    };
    let entries = entry("a", "f: func(x: s32) -> s32;") + &entry("b", "f: func(x: u32) -> u32;");
    let mut world = World { app: App::new(&entries).with("f.wat", module), ..World::new() };
    world.check().came(2, 0);
    world.check().came(0, 2);
    world.app = world.app.with("f.wat", "(module (func (export \"f\") (param i32) (result i32) i32.const 1))");
    world.check().came(2, 0);
}

#[test]
fn variables_say_where_the_cache_is_and_no_cache_keeps_nothing() {
    let (app, home) = (App::new(ENTRY), tempfile::tempdir().unwrap());
    let (app, home) = (app.path(), home.path());
    let at = |name: &str| home.join(name).to_str().unwrap().to_owned();
    let (own, xdg, user) = (at("own"), at("xdg"), at("user"));
    let check = |environment: &[(&str, &str)], arguments: &[&str]| {
        let all = [&["check", app.to_str().unwrap()], arguments].concat();
        let ran = finish(command(environment, &all).stdout(Stdio::piped()).stderr(Stdio::piped()));
        assert_eq!((String::from_utf8(ran.stderr).unwrap().as_str(), ran.code), ("", 0));
    };
    let variables = [("WIPPY_CACHE_DIR", &*own), ("XDG_CACHE_HOME", &*xdg), ("HOME", &*user)];
    check(&variables, &["--no-cache"]);
    assert_eq!(fs::read_dir(home).unwrap().count(), 0);
    check(&variables[2..], &[]);
    assert_eq!(fs::read_dir(home.join("user/.cache/wippy-host")).unwrap().count(), 1);
    check(&variables[1..], &[]);
    assert_eq!(fs::read_dir(home.join("xdg/wippy-host")).unwrap().count(), 1);
    check(&variables, &[]);
    assert_eq!(fs::read_dir(home.join("own")).unwrap().count(), 1);
    check(&variables, &["--cache-dir", &at("named")]);
    assert_eq!(fs::read_dir(home.join("named")).unwrap().count(), 1);
}

#[test]
fn a_file_that_is_cut_off_or_garbage_is_a_remark_and_is_written_again() {
    let world = World::started();
    let file = world.file();
    let whole = fs::read(&file).unwrap();
    let mut flipped = whole.clone();
    *flipped.last_mut().unwrap() ^= 1;
    for content in [&whole[..whole.len() / 2], &whole[..20], b"garbage", b"", &flipped] {
        fs::write(&file, content).unwrap();
        world
            .check()
            .compiled_with_remark("a file of the cache of compiled components is damaged; it is written again");
        world.check().came(0, 1);
    }
    assert_eq!(world.file(), file);
}

#[test]
fn a_remark_on_the_cache_is_one_line_with_its_remedy() {
    let world = World::new();
    fs::write(world.cache(), "a file").unwrap();
    let cache = world.cache();
    let ran = world.app.run("check", &["--cache-dir", cache.to_str().unwrap()]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.stderr.matches("the cache of compiled components").count(), 1, "{ran:?}");
    assert!(ran.stderr.contains("--no-cache"), "{ran:?}");
    let ran: Ran =
        run(&["call", world.app.path().to_str().unwrap(), "demo:it", "1", "2", "--cache-dir", cache.to_str().unwrap()]);
    assert_eq!((ran.stdout.as_str(), ran.code), ("3\n", 0), "{ran:?}");
}

#[test]
fn a_file_that_others_may_read_or_a_link_is_not_used() {
    let world = World::started();
    let file = world.file();
    fs::set_permissions(&file, Permissions::from_mode(0o666)).unwrap();
    world.check().compiled_with_remark("it is not a file of this user alone");
    world.check().came(0, 1);
    let elsewhere = world.home.path().join("elsewhere");
    fs::rename(&file, &elsewhere).unwrap();
    symlink(&elsewhere, &file).unwrap();
    world.check().compiled_with_remark("is not used");
    assert!(fs::symlink_metadata(&file).unwrap().is_file());
    world.check().came(0, 1);
}

#[test]
fn a_folder_that_others_may_write_to_is_not_used() {
    let world = World::started();
    fs::set_permissions(world.cache(), Permissions::from_mode(0o777)).unwrap();
    let checked = world.check();
    checked.compiled_with_remark("is not used: others may write to it");
    let remedy = checked.0["code"]["cache_remark"]["remedy"].as_str().unwrap();
    assert!(remedy.starts_with("chmod 700 "), "{remedy}");
}

#[test]
fn a_folder_that_is_a_link_is_not_used() {
    let world = World::new();
    let elsewhere = world.home.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    symlink(&elsewhere, world.cache()).unwrap();
    world.check().compiled_with_remark("it cannot be opened");
    assert_eq!(fs::read_dir(elsewhere).unwrap().count(), 0);
}

#[test]
fn a_folder_of_another_user_is_not_used() {
    let world = World::started();
    // Only the superuser can give a folder away; to everybody else the root belongs to another.
    let given_away = chown(world.cache(), Some(1), None).is_ok();
    let folder = if given_away { world.cache() } else { PathBuf::from("/") };
    let ran = world.app.run("check", &["--cache-dir", folder.to_str().unwrap()]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stderr.contains("it belongs to another user"), "{ran:?}");
}

#[test]
fn a_folder_that_cannot_be_made_or_written_to_is_a_remark() {
    let world = World::new();
    fs::create_dir(world.cache()).unwrap();
    fs::set_permissions(world.cache(), Permissions::from_mode(0o500)).unwrap();
    // The superuser may write anywhere but here.
    let is_superuser = fs::metadata(world.cache()).unwrap().uid() == 0;
    let read_only = if is_superuser { PathBuf::from("/proc/1") } else { world.cache() };
    for (folder, says) in [(&*read_only, "it cannot be written to"), (Path::new("/proc/x/cache"), "it cannot be made")]
    {
        let ran = world.app.run("check", &["--cache-dir", folder.to_str().unwrap()]);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(ran.stderr.contains(says), "{ran:?}");
        assert_eq!(ran.stderr.matches("is not used").count(), 1, "{ran:?}");
    }
}

#[test]
fn files_that_a_killed_process_left_are_not_used_and_go_after_an_hour() {
    let world = World::started();
    let whole = fs::read(world.file()).unwrap();
    fs::remove_file(world.file()).unwrap();
    let (old, fresh) = ("unfinished-00000000000000aa", "unfinished-00000000000000bb");
    for name in [old, fresh] {
        fs::write(world.cache().join(name), &whole).unwrap();
    }
    let hours_ago = SystemTime::now() - Duration::from_secs(2 * 3600);
    fs::File::options().write(true).open(world.cache().join(old)).unwrap().set_modified(hours_ago).unwrap();
    world.check().came(1, 0);
    let names = world.names();
    assert!(!names.iter().any(|name| name == old) && names.iter().any(|name| name == fresh), "{names:?}");
    world.check().came(0, 1);
}

#[test]
fn what_is_not_of_the_cache_stays() {
    let world = World::new();
    fs::create_dir(world.cache()).unwrap();
    fs::set_permissions(world.cache(), Permissions::from_mode(0o700)).unwrap();
    fs::write(world.cache().join("notes.txt"), "mine").unwrap();
    world.check().came(1, 0);
    assert_eq!(fs::read(world.cache().join("notes.txt")).unwrap(), b"mine");
}

#[test]
fn processes_at_once_share_one_cache() {
    let world = World::new();
    let start = || world.command().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let running: Vec<_> = (0..4).map(|_| start()).collect();
    for child in running {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        let checked = Checked(serde_json::from_slice(&output.stdout).unwrap());
        let (compiled, cached) = checked.counts();
        checked.came(compiled, cached);
        assert_eq!(compiled + cached, 1);
    }
    world.file();
    world.check().came(0, 1);
}

/// At whatever moment the process is killed: the next start finds a whole file or none.
#[test]
fn killing_a_process_leaves_nothing_that_is_used_by_mistake() {
    for milliseconds in (0..200).step_by(20) {
        let world = World::new();
        let mut child = world.command().stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(milliseconds));
        child.kill().unwrap();
        child.wait().unwrap();
        let checked = world.check();
        let (compiled, cached) = checked.counts();
        checked.came(compiled, cached);
        assert_eq!(compiled + cached, 1);
        world.check().came(0, 1);
    }
}
