"""A private root directory with a mail server from the distribution's packages in it.

The packages are fetched and unpacked, never installed: a machine keeps the mail server that it has, and two
that exclude each other can be tested one after the other. chroot(2) is all that is needed, no namespaces.
"""

import glob
import os
import shutil
import stat
import subprocess

import signal


class Unavailable(Exception):
    """The server cannot be had here; the text says why."""


def command(words, seconds, **more):
    """Runs a program to its end; its output is in the exception if it fails."""
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=seconds, **more)
    except FileNotFoundError:
        raise Unavailable("there is no %s" % words[0])
    except subprocess.TimeoutExpired:
        raise Unavailable("%s took longer than %d s" % (" ".join(words[:2]), seconds))
    if done.returncode:
        raise Unavailable("%s: %s" % (" ".join(words[:2]), (done.stderr or done.stdout).strip()[-300:]))
    return done.stdout


class Root:
    def __init__(self, folder, package, users):
        """users: name -> (uid, gid, group name), in this root alone."""
        self.path = os.path.join(folder, package)
        self.processes = []
        os.makedirs(self.path)
        for package_file in fetch(folder, package):
            command(["dpkg", "-x", package_file, self.path], 60)
        self._add_libraries()
        self._add_files(users)

    # Files

    def inside(self, path):
        return os.path.join(self.path, path.lstrip("/"))

    def write(self, path, text, mode=0o644):
        os.makedirs(os.path.dirname(self.inside(path)), exist_ok=True)
        with open(self.inside(path), "w") as file:
            file.write(text)
        os.chmod(self.inside(path), mode)

    def folder(self, path, uid=0, gid=0, mode=0o755):
        os.makedirs(self.inside(path), exist_ok=True)
        os.chown(self.inside(path), uid, gid)
        os.chmod(self.inside(path), mode)

    def _add_libraries(self):
        """Copies what the programs are linked with and the packages did not bring."""
        programs = []
        for folder in ("usr/sbin", "usr/lib/postfix", "usr/lib/exim4"):
            for base, _, names in os.walk(self.inside(folder)):
                programs += [os.path.join(base, name) for name in names]
        # The one program that scripts in here need.
        os.makedirs(self.inside("/bin"), exist_ok=True)
        shutil.copyfile(os.path.realpath("/bin/sh"), self.inside("/bin/sh"))
        os.chmod(self.inside("/bin/sh"), 0o755)
        programs.append(self.inside("/bin/sh"))
        libraries = glob.glob(self.inside("usr/lib/*/*.so*")) + glob.glob(self.inside("lib/*/*.so*"))
        paths = sorted({os.path.dirname(p) for p in libraries} | {self.inside("usr/lib/postfix")})
        environment = dict(os.environ, LD_LIBRARY_PATH=":".join(paths), LC_ALL="C")
        wanted = set()
        for file in programs + libraries:
            if os.path.islink(file) or not is_elf(file):
                continue
            listed = subprocess.run(["ldd", file], capture_output=True, text=True, env=environment, timeout=60)
            for line in listed.stdout.splitlines():
                words = line.split()
                for word in words:
                    if word.startswith("/") and not word.startswith(self.path):
                        wanted.add(word)
        for pattern in ("/lib/*/libnss_files.so.2", "/usr/lib/*/libnss_files.so.2", "/lib/*/libgcc_s.so.1"):
            wanted.update(glob.glob(pattern))
        for library in wanted:
            target = self.inside(library)
            if not os.path.exists(target):
                os.makedirs(os.path.dirname(target), exist_ok=True)
                shutil.copyfile(os.path.realpath(library), target)
                os.chmod(target, 0o755)

    def _add_files(self, users):
        passwd, group = ["root:x:0:0:root:/root:/bin/sh"], ["root:x:0:"]
        passwd.append("nobody:x:65534:65534:nobody:/nonexistent:/bin/false")
        group.append("nogroup:x:65534:")
        for name, (uid, gid, group_name) in users.items():
            passwd.append("%s:x:%d:%d::/nonexistent:/bin/false" % (name, uid, gid))
            group.append("%s:x:%d:" % (group_name, gid))
        self.write("/etc/passwd", "\n".join(passwd) + "\n")
        self.write("/etc/group", "\n".join(group) + "\n")
        self.write("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\nservices: files\n")
        self.write("/etc/services", "smtp 25/tcp\n")
        self.write("/etc/host.conf", "order hosts\n")
        self.write("/etc/resolv.conf", "")
        self.folder("/tmp", mode=0o1777)
        self.folder("/dev")
        for name, minor in (("null", 3), ("urandom", 9), ("random", 9)):
            path = self.inside("/dev/" + name)
            try:
                os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, minor))
                os.chmod(path, 0o666)
                open(path, "rb").close()
            except OSError:
                # Where no devices may be made, a file must do.
                if os.path.lexists(path):
                    os.unlink(path)
                with open(path, "wb") as file:
                    file.write(os.urandom(1 << 16) if minor == 9 else b"")
                os.chmod(path, 0o666)

    # Processes

    def start(self, words):
        """Starts a program inside, as root, in a session of its own."""
        path = self.path

        def enter():
            os.setsid()
            os.chroot(path)
            os.chdir("/")

        with open(os.path.join(os.path.dirname(path), os.path.basename(path) + ".output"), "ab") as output:
            process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=output, stderr=output, preexec_fn=enter,
                close_fds=True,
                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "TZ": "UTC"},
            )
        self.processes.append(process)
        return process

    def output(self):
        path = os.path.join(os.path.dirname(self.path), os.path.basename(self.path) + ".output")
        return open(path, errors="replace").read()[-2000:] if os.path.exists(path) else ""

    def stop(self):
        """Ends what was started, and what that has started: by process ids, whose root is this one."""
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
        for process in self.processes:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)
        for number in self._inmates():
            try:
                os.kill(number, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def _inmates(self):
        found = []
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                try:
                    if os.readlink("/proc/%s/root" % entry) == os.path.realpath(self.path):
                        found.append(int(entry))
                except OSError:
                    pass
        return found


def is_elf(path):
    try:
        with open(path, "rb") as file:
            return file.read(4) == b"\x7fELF"
    except OSError:
        return False


def fetch(folder, package):
    """The package and what it needs that is not installed here, as files."""
    archives = os.path.join(folder, package + ".debs")
    os.makedirs(os.path.join(archives, "partial"))
    apt = ["apt-get", "-q", "-y", "-o", "Debug::NoLocking=1", "-o", "APT::Sandbox::User=root",
           "-o", "Dir::Cache::archives=" + archives]
    install = apt + ["--no-install-recommends", "--download-only", "--reinstall", "install", package]
    try:
        command(install, 120)
    except Unavailable:
        # Most likely there are no package lists; they are fetched to a place of our own.
        lists = os.path.join(folder, "lists")
        own = ["-o", "Dir::State::lists=" + lists]
        if not os.path.exists(lists):
            os.makedirs(os.path.join(lists, "partial"))
            command(apt[:1] + own + apt[1:] + ["update"], 120)
        command(install[:1] + own + install[1:], 120)
    found = glob.glob(archives + "/*.deb")
    if not any(os.path.basename(f).startswith(package + "_") for f in found):
        raise Unavailable("apt-get did not fetch " + package)
    return found
