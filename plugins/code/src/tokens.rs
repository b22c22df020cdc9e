//! What weaknesses look like, one row each. The sources are MITRE's CWE entries, and what the
//! documentation of each function says of its dangers.

use crate::checks::{self, Check};
use crate::fence::{ANY, C, GO, JAVA, Languages, PHP, PYTHON, RUBY, RUST, SCRIPT, SHARP, SHELL};
use crate::flow;
use crate::markup;
use crate::shell;
use crate::site::Site;
use crate::sql;
use crate::text::contains_any;

/// A token and what it means where the check holds.
pub(crate) struct Row {
    pub(crate) token: &'static str,
    pub(crate) rule: &'static str,
    pub(crate) check: Check,
    pub(crate) confidence: f64,
    pub(crate) languages: Languages,
    /// Whether the token's case counts.
    pub(crate) exact: bool,
    /// Whether it may be the end of a longer name.
    pub(crate) tail: bool,
    /// Whether it is a payload, and no weakness of code that is shown.
    pub(crate) payload: bool,
}

/// A check of its own.
type Look = fn(&Site<'_, '_>) -> checks::Verdict;

const fn row(token: &'static str, rule: &'static str, check: Check, confidence: f64) -> Row {
    Row {
        token,
        rule,
        check,
        confidence,
        languages: ANY,
        exact: true,
        tail: false,
        payload: false,
    }
}

const fn payload(token: &'static str, check: Look) -> Row {
    payload_of("sql-injection", token, check)
}

const fn payload_of(rule: &'static str, token: &'static str, check: Look) -> Row {
    let row = row(token, rule, Check::With(check), 0.0);
    Row {
        exact: false,
        payload: true,
        ..row
    }
}

impl Row {
    const fn of(mut self, languages: Languages) -> Self {
        self.languages = languages;
        self
    }

    const fn any_case(mut self) -> Self {
        self.exact = false;
        self
    }

    const fn tail(mut self) -> Self {
        self.tail = true;
        self.exact = false;
        self
    }
}

use Check::{
    Always, AssignedSecret, AssignedVariable, Has, Lacks, LacksAfter, Near, Outside, Value,
    Variable, With,
};

/// Settings of XML readers that make them safe.
const XML_SAFE: &[&str] = &[
    "disallow-doctype",
    "feature_secure",
    "secure_processing",
    "setexpandentityreferences(false",
    "access_external",
    "external-general-entities",
    "support_dtd, false",
    "is_supporting_external_entities, false",
];

/// All rows.
#[rustfmt::skip]
pub(crate) static ROWS: &[Row] = &[
    // CWE-78: commands.
    row("os.system(", "cwe-78", Variable, 0.85),
    row("os.popen(", "cwe-78", Variable, 0.85),
    row("os.popen2(", "cwe-78", Variable, 0.85),
    row("os.execl(", "cwe-78", Outside, 0.8),
    row("os.spawnl(", "cwe-78", Outside, 0.8),
    row("commands.getoutput(", "cwe-78", Variable, 0.85),
    row("commands.getstatusoutput(", "cwe-78", Variable, 0.85),
    row("subprocess.getoutput(", "cwe-78", Variable, 0.85),
    row("subprocess.getstatusoutput(", "cwe-78", Variable, 0.85),
    row("subprocess.run(", "cwe-78", With(checks::shell_process), 0.0),
    row("subprocess.run(", "cwe-78", Outside, 0.6),
    row("subprocess.call(", "cwe-78", With(checks::shell_process), 0.0),
    row("subprocess.call(", "cwe-78", Outside, 0.6),
    row("subprocess.Popen(", "cwe-78", With(checks::shell_process), 0.0),
    row("subprocess.Popen(", "cwe-78", Outside, 0.6),
    row("subprocess.check_output(", "cwe-78", With(checks::shell_process), 0.0),
    row("subprocess.check_output(", "cwe-78", Outside, 0.6),
    row("subprocess.check_call(", "cwe-78", With(checks::shell_process), 0.0),
    row("Popen(", "cwe-78", With(checks::shell_process), 0.0).of(PYTHON),
    row("check_output(", "cwe-78", With(checks::shell_process), 0.0).of(PYTHON),
    row("create_subprocess_shell(", "cwe-78", Variable, 0.8),
    row("system(", "cwe-78", With(checks::command), 0.0).of(C | PHP | RUBY | SHELL),
    row("popen(", "cwe-78", With(checks::command), 0.0).of(C | PHP | PYTHON),
    row("_popen(", "cwe-78", With(checks::command), 0.0).of(C),
    row("shell_exec(", "cwe-78", With(checks::command), 0.0),
    row("passthru(", "cwe-78", With(checks::command), 0.0),
    row("proc_open(", "cwe-78", With(checks::command), 0.0),
    row("pcntl_exec(", "cwe-78", With(checks::command), 0.0),
    row("execl(", "cwe-78", Outside, 0.7).of(C),
    row("execlp(", "cwe-78", Outside, 0.7).of(C),
    row("execvp(", "cwe-78", Outside, 0.7).of(C),
    row("ShellExecute(", "cwe-78", Variable, 0.6).of(C | SHARP),
    row("WinExec(", "cwe-78", Variable, 0.7).of(C),
    row("CreateProcess(", "cwe-78", Outside, 0.7).of(C),
    row("execSync(", "cwe-78", With(checks::command), 0.0).of(SCRIPT),
    row("child_process.exec(", "cwe-78", Variable, 0.85),
    row("child_process.execSync(", "cwe-78", Variable, 0.85),
    row("child_process.spawn(", "cwe-78", With(checks::shell_process), 0.0),
    row("cp.exec(", "cwe-78", Variable, 0.8).of(SCRIPT),
    row("cp.execSync(", "cwe-78", Variable, 0.8).of(SCRIPT),
    row("spawn(", "cwe-78", With(checks::shell_process), 0.0).of(SCRIPT),
    row("spawnSync(", "cwe-78", With(checks::shell_process), 0.0).of(SCRIPT),
    row("Runtime.getRuntime().exec(", "cwe-78", Variable, 0.85),
    row("getRuntime().exec(", "cwe-78", Variable, 0.85),
    row("runtime.exec(", "cwe-78", Variable, 0.75).of(JAVA),
    row("rt.exec(", "cwe-78", Variable, 0.75).of(JAVA),
    row("ProcessBuilder(", "cwe-78", With(checks::shell_command), 0.0),
    row("Process.Start(", "cwe-78", With(checks::shell_command), 0.0),
    row("ProcessStartInfo(", "cwe-78", With(checks::shell_command), 0.0),
    row("exec.Command(", "cwe-78", With(checks::shell_command), 0.0),
    row("exec.CommandContext(", "cwe-78", With(checks::shell_command), 0.0),
    row("Command::new(", "cwe-78", With(rust_shell), 0.0),
    row("Open3.capture", "cwe-78", Near(&["#{"]), 0.7).of(RUBY),

    // CWE-95: text run as code.
    row("eval(", "cwe-95", With(checks::evaluated), 0.0),
    row("exec(", "cwe-95", With(checks::evaluated), 0.0).of(PYTHON),
    row("exec(", "cwe-78", With(checks::command), 0.0).of(PHP | SCRIPT),
    row("execfile(", "cwe-95", Variable, 0.7),
    row("Function(", "cwe-95", With(function_made), 0.0).of(SCRIPT),
    row("setTimeout(", "cwe-95", With(timer_text), 0.0),
    row("setInterval(", "cwe-95", With(timer_text), 0.0),
    row("vm.runInNewContext(", "cwe-95", Variable, 0.75),
    row("vm.runInThisContext(", "cwe-95", Variable, 0.75),
    row("vm.runInContext(", "cwe-95", Variable, 0.75),
    row("create_function(", "cwe-95", Variable, 0.8),
    row("assert(", "cwe-95", Outside, 0.8).of(PHP),
    row("instance_eval(", "cwe-95", Variable, 0.7),
    row("class_eval(", "cwe-95", Outside, 0.7),
    row("scriptEngine.eval(", "cwe-95", Variable, 0.75).any_case(),
    row("engine.eval(", "cwe-95", Variable, 0.7).of(JAVA),
    row("parseExpression(", "cwe-95", Variable, 0.75).of(JAVA),
    row("CSharpScript.EvaluateAsync(", "cwe-95", Variable, 0.8),
    row("CompileAssemblyFromSource(", "cwe-95", Variable, 0.7),
    row("include(", "cwe-95", Outside, 0.85).of(PHP),
    row("include_once(", "cwe-95", Outside, 0.85).of(PHP),
    row("require_once(", "cwe-95", Outside, 0.85).of(PHP),
    row("render_template_string(", "cwe-95", Variable, 0.75),
    row("Template(", "cwe-95", Outside, 0.7).of(PYTHON),
    row("from_string(", "cwe-95", Outside, 0.75).of(PYTHON),

    // CWE-89: see `flow`. The same words begin payloads.
    row("select", "cwe-89", With(flow::sql), 0.0).any_case(),
    payload("select", sql::select),
    row("insert", "cwe-89", With(flow::sql), 0.0).any_case(),
    row("update", "cwe-89", With(flow::sql), 0.0).any_case(),
    row("delete", "cwe-89", With(flow::sql), 0.0).any_case(),
    row("drop", "cwe-89", With(flow::sql), 0.0).any_case(),
    row("$where", "cwe-89", With(dollar_where), 0.0),
    row(".raw(", "cwe-89", Outside, 0.7),

    // CWE-79: pages.
    row("innerHTML", "cwe-79", AssignedVariable, 0.6),
    row("outerHTML", "cwe-79", AssignedVariable, 0.6),
    row("document.write(", "cwe-79", Variable, 0.7),
    row("document.writeln(", "cwe-79", Variable, 0.7),
    row("insertAdjacentHTML(", "cwe-79", With(adjacent), 0.0),
    row("dangerouslySetInnerHTML", "cwe-79", Lacks(&["sanitize", "purify"]), 0.6),
    row("v-html=", "cwe-79", Always, 0.5),
    row("bypassSecurityTrustHtml(", "cwe-79", Variable, 0.7),
    row("mark_safe(", "cwe-79", Variable, 0.7),
    row("Markup(", "cwe-79", Variable, 0.6).of(PYTHON),
    row("autoescape", "cwe-79", Value(&["false"]), 0.85),
    row("jinja2.Environment(", "cwe-79", Lacks(&["autoescape"]), 0.7),
    row("Html.Raw(", "cwe-79", Variable, 0.6),
    row("Response.Write(", "cwe-79", Outside, 0.85),
    row("template.HTML(", "cwe-79", Variable, 0.65).of(GO),
    row("make_response(", "cwe-79", Outside, 0.6),
    row("HttpResponse(", "cwe-79", Outside, 0.6).of(PYTHON),
    row("res.send(", "cwe-79", Outside, 0.75).of(SCRIPT),
    row("res.write(", "cwe-79", Outside, 0.75).of(SCRIPT),
    row("res.end(", "cwe-79", Outside, 0.7).of(SCRIPT),
    row("getWriter().print", "cwe-79", Outside, 0.8),
    row("getWriter().write(", "cwe-79", Outside, 0.8),
    row("out.println(", "cwe-79", With(servlet_output), 0.0).of(JAVA),
    row("fmt.Fprintf(w", "cwe-79", Outside, 0.7),
    row("fmt.Fprint(w", "cwe-79", Outside, 0.7),
    row("w.Write(", "cwe-79", Outside, 0.7).of(GO),
    row("echo", "cwe-79", With(echoed), 0.0).of(PHP),
    row("print", "cwe-79", With(echoed), 0.0).of(PHP),
    row("ValidateInput(false", "cwe-79", Always, 0.7),

    // CWE-22: paths.
    row("open(", "cwe-22", Outside, 0.75).of(PYTHON | C | RUBY),
    row("send_file(", "cwe-22", Outside, 0.8),
    row("os.path.join(", "cwe-22", Outside, 0.6),
    row("os.remove(", "cwe-22", Outside, 0.75),
    row("os.unlink(", "cwe-22", Outside, 0.75),
    row("shutil.rmtree(", "cwe-22", Outside, 0.75),
    row("extractall(", "cwe-22", Lacks(&["filter", "members"]), 0.5).tail(),
    row("tar.extract(", "cwe-22", Always, 0.5),
    row("fs.readFile(", "cwe-22", Outside, 0.8),
    row("fs.readFileSync(", "cwe-22", Outside, 0.8),
    row("fs.createReadStream(", "cwe-22", Outside, 0.8),
    row("fs.writeFile(", "cwe-22", Outside, 0.75),
    row("fs.unlink(", "cwe-22", Outside, 0.75),
    row("res.sendFile(", "cwe-22", Outside, 0.75),
    row("path.join(", "cwe-22", Outside, 0.5).of(SCRIPT),
    row("File(", "cwe-22", Outside, 0.7).of(JAVA),
    row("FileInputStream(", "cwe-22", Outside, 0.75),
    row("FileReader(", "cwe-22", Outside, 0.7),
    row("Paths.get(", "cwe-22", Outside, 0.7),
    row("File.ReadAllText(", "cwe-22", Outside, 0.75),
    row("File.Open", "cwe-22", Near(&["request.", "querystring"]), 0.6).of(SHARP),
    row("Path.Combine(", "cwe-22", Outside, 0.6),
    row("file_get_contents(", "cwe-22", Outside, 0.8),
    row("readfile(", "cwe-22", Outside, 0.8),
    row("fopen(", "cwe-22", Outside, 0.7),
    row("unlink(", "cwe-22", Outside, 0.7),
    row("include", "cwe-22", With(included), 0.0).of(PHP),
    row("require", "cwe-22", With(included), 0.0).of(PHP),
    row("os.Open(", "cwe-22", Outside, 0.75),
    row("os.ReadFile(", "cwe-22", Outside, 0.75),
    row("ioutil.ReadFile(", "cwe-22", Outside, 0.75),
    row("filepath.Join(", "cwe-22", Outside, 0.55),
    row("http.ServeFile(", "cwe-22", Outside, 0.7),
    row("File::open(", "cwe-22", Outside, 0.6),
    row("fs::read_to_string(", "cwe-22", Outside, 0.6),

    // CWE-502: objects.
    row("pickle.load(", "cwe-502", Always, 0.75),
    row("pickle.loads(", "cwe-502", Always, 0.8),
    row("cPickle.load", "cwe-502", Always, 0.8),
    row("pickle.Unpickler(", "cwe-502", Always, 0.75),
    row("_pickle.load", "cwe-502", Always, 0.8),
    row("dill.load", "cwe-502", Always, 0.75),
    row("shelve.open(", "cwe-502", Always, 0.5),
    row("marshal.load", "cwe-502", Always, 0.75),
    row("jsonpickle.decode(", "cwe-502", Always, 0.85),
    row("yaml.load(", "cwe-502", Lacks(&["safeloader", "baseloader"]), 0.85),
    row("yaml.load_all(", "cwe-502", Lacks(&["safeloader", "baseloader"]), 0.85),
    row("yaml.unsafe_load", "cwe-502", Always, 0.85),
    row("yaml.full_load", "cwe-502", Always, 0.5),
    row("yaml.Loader", "cwe-502", Always, 0.6),
    row("yaml.UnsafeLoader", "cwe-502", Always, 0.7),
    row("joblib.load(", "cwe-502", Always, 0.4),
    row("torch.load(", "cwe-502", Lacks(&["weights_only"]), 0.45),
    row("read_pickle(", "cwe-502", Always, 0.55).tail(),
    row("allow_pickle", "cwe-502", Value(&["true"]), 0.6),
    row("ObjectInputStream(", "cwe-502", Always, 0.8),
    row("readObject(", "cwe-502", Near(&["objectinputstream", "ois", "objectstream"]), 0.75).of(JAVA),
    row("XMLDecoder(", "cwe-502", Always, 0.8),
    row("XStream(", "cwe-502", Always, 0.6).of(JAVA),
    row("enableDefaultTyping(", "cwe-502", Always, 0.8),
    row("BinaryFormatter(", "cwe-502", Always, 0.85),
    row("NetDataContractSerializer(", "cwe-502", Always, 0.85),
    row("LosFormatter(", "cwe-502", Always, 0.85),
    row("SoapFormatter(", "cwe-502", Always, 0.85),
    row("ObjectStateFormatter(", "cwe-502", Always, 0.8),
    row("SimpleTypeResolver", "cwe-502", Always, 0.8),
    row("TypeNameHandling.All", "cwe-502", Always, 0.85),
    row("TypeNameHandling.Auto", "cwe-502", Always, 0.8),
    row("TypeNameHandling.Objects", "cwe-502", Always, 0.85),
    row("unserialize(", "cwe-502", Lacks(&["allowed_classes"]), 0.8),
    row("node-serialize", "cwe-502", Always, 0.8),
    row("serialize.unserialize(", "cwe-502", Always, 0.85),
    row("Marshal.load(", "cwe-502", Always, 0.75),
    row("YAML.load(", "cwe-502", Variable, 0.5).of(RUBY),

    // CWE-327, CWE-328, CWE-326: cryptography.
    row("hashlib.md5(", "cwe-328", With(checks::weak_hash), 0.0),
    row("hashlib.sha1(", "cwe-328", With(checks::weak_hash), 0.0),
    row("hashlib.new(", "cwe-328", Has(&["md5", "sha1", "md4"]), 0.75),
    row("MD5.new(", "cwe-328", With(checks::weak_hash), 0.0),
    row("MD4.new(", "cwe-328", With(checks::weak_hash), 0.0),
    row("SHA1.new(", "cwe-328", With(checks::weak_hash), 0.0),
    row("SHA.new(", "cwe-328", With(checks::weak_hash), 0.0),
    row("hashes.MD5(", "cwe-328", With(checks::weak_hash), 0.0),
    row("hashes.SHA1(", "cwe-328", With(checks::weak_hash), 0.0),
    row("createHash(", "cwe-328", Has(&["md5", "sha1", "md4", "ripemd"]), 0.75),
    row("createHmac(", "cwe-328", Has(&["md5", "sha1"]), 0.55),
    row("CryptoJS.MD5(", "cwe-328", With(checks::weak_hash), 0.0),
    row("CryptoJS.SHA1(", "cwe-328", With(checks::weak_hash), 0.0),
    row("MessageDigest.getInstance(", "cwe-328", Has(&["\"md5", "\"sha1\"", "\"sha-1\"", "\"md2", "\"md4"]), 0.8),
    row("DigestUtils.md5", "cwe-328", Always, 0.7),
    row("DigestUtils.sha1", "cwe-328", Always, 0.7),
    row("Hashing.md5(", "cwe-328", Always, 0.7),
    row("Hashing.sha1(", "cwe-328", Always, 0.7),
    row("MD5.Create(", "cwe-328", Always, 0.75),
    row("SHA1.Create(", "cwe-328", Always, 0.75),
    row("MD5.HashData(", "cwe-328", Always, 0.75),
    row("SHA1.HashData(", "cwe-328", Always, 0.75),
    row("MD5CryptoServiceProvider", "cwe-328", Always, 0.8),
    row("SHA1CryptoServiceProvider", "cwe-328", Always, 0.8),
    row("SHA1Managed", "cwe-328", Always, 0.75),
    row("HMACMD5(", "cwe-328", Always, 0.7),
    row("md5(", "cwe-328", With(checks::weak_hash), 0.0).of(PHP),
    row("sha1(", "cwe-328", With(checks::weak_hash), 0.0).of(PHP),
    row("hash(", "cwe-328", Has(&["'md5'", "'sha1'", "\"md5\"", "\"sha1\""]), 0.7).of(PHP),
    row("md5.New(", "cwe-328", Always, 0.7),
    row("md5.Sum(", "cwe-328", Always, 0.7),
    row("sha1.New(", "cwe-328", Always, 0.7),
    row("sha1.Sum(", "cwe-328", Always, 0.7),
    row("md5::compute(", "cwe-328", Always, 0.7),
    row("Md5::new(", "cwe-328", Always, 0.7),
    row("Md5::digest(", "cwe-328", Always, 0.7),
    row("Sha1::new(", "cwe-328", Always, 0.7),
    row("Sha1::digest(", "cwe-328", Always, 0.7),
    row("MessageDigest::md5(", "cwe-328", Always, 0.75),
    row("MessageDigest::sha1(", "cwe-328", Always, 0.75),
    row("MD5_Init(", "cwe-328", Always, 0.75),
    row("MD5_Update(", "cwe-328", Always, 0.7),
    row("MD5(", "cwe-328", With(checks::weak_hash), 0.0).of(C),
    row("SHA1(", "cwe-328", With(checks::weak_hash), 0.0).of(C),
    row("SHA1_Init(", "cwe-328", Always, 0.75),
    row("EVP_md5(", "cwe-328", Always, 0.75),
    row("EVP_sha1(", "cwe-328", Always, 0.7),
    row("Digest::MD5", "cwe-328", Always, 0.7),
    row("Digest::SHA1", "cwe-328", Always, 0.7),
    row("crypt(", "cwe-328", Outside, 0.5).of(PHP | C),
    row("DES.new(", "cwe-327", Always, 0.9),
    row("DES3.new(", "cwe-327", Always, 0.8),
    row("ARC2.new(", "cwe-327", Always, 0.9),
    row("ARC4.new(", "cwe-327", Always, 0.9),
    row("Blowfish.new(", "cwe-327", Always, 0.85),
    row("MODE_ECB", "cwe-327", Always, 0.9).tail(),
    row("modes.ECB(", "cwe-327", Always, 0.9),
    row("algorithms.ARC4(", "cwe-327", Always, 0.9),
    row("algorithms.Blowfish(", "cwe-327", Always, 0.85),
    row("algorithms.TripleDES(", "cwe-327", Always, 0.8),
    row("algorithms.IDEA(", "cwe-327", Always, 0.85),
    row("createCipher(", "cwe-327", Always, 0.85),
    row("createCipheriv(", "cwe-327", Has(&["des", "rc4", "ecb", "bf-", "rc2"]), 0.9),
    row("CryptoJS.DES", "cwe-327", Always, 0.85),
    row("CryptoJS.RC4", "cwe-327", Always, 0.85),
    row("CryptoJS.mode.ECB", "cwe-327", Always, 0.9),
    row("Cipher.getInstance(", "cwe-327", Has(&["\"des", "desede", "rc4", "arcfour", "/ecb", "\"aes\"", "blowfish", "rc2"]), 0.9),
    row("KeyGenerator.getInstance(", "cwe-327", Has(&["\"des", "rc4", "blowfish", "rc2"]), 0.85),
    row("SecretKeySpec(", "cwe-327", Has(&["\"des", "rc4", "blowfish"]), 0.85),
    row("DESCryptoServiceProvider", "cwe-327", Always, 0.9),
    row("TripleDESCryptoServiceProvider", "cwe-327", Always, 0.8),
    row("RC2CryptoServiceProvider", "cwe-327", Always, 0.9),
    row("DES.Create(", "cwe-327", Always, 0.9),
    row("TripleDES.Create(", "cwe-327", Always, 0.8),
    row("CipherMode.ECB", "cwe-327", Always, 0.9),
    row("mcrypt_", "cwe-327", Always, 0.8),
    row("openssl_encrypt(", "cwe-327", Has(&["des", "rc4", "ecb", "bf-"]), 0.9),
    row("des.NewCipher(", "cwe-327", Always, 0.9),
    row("des.NewTripleDESCipher(", "cwe-327", Always, 0.8),
    row("rc4.NewCipher(", "cwe-327", Always, 0.9),
    row("EVP_des_", "cwe-327", Always, 0.9),
    row("EVP_rc4", "cwe-327", Always, 0.9),
    row("EVP_aes_128_ecb", "cwe-327", Always, 0.9),
    row("EVP_aes_256_ecb", "cwe-327", Always, 0.9),
    row("DES_ecb_encrypt", "cwe-327", Always, 0.9),
    row("DES_set_key", "cwe-327", Always, 0.9),
    row("RC4_set_key", "cwe-327", Always, 0.9),
    row("Cipher::des_", "cwe-327", Always, 0.9),
    row("Cipher::rc4", "cwe-327", Always, 0.9),
    row("aes_128_ecb", "cwe-327", Always, 0.85).tail(),
    row("aes_256_ecb", "cwe-327", Always, 0.85).tail(),
    row("PROTOCOL_SSLv2", "cwe-327", Always, 0.9).tail(),
    row("PROTOCOL_SSLv3", "cwe-327", Always, 0.9).tail(),
    row("PROTOCOL_TLSv1", "cwe-327", With(old_protocol), 0.0),
    row("SSLv3_method", "cwe-327", Always, 0.85),
    row("TLSv1_method", "cwe-327", Always, 0.8),
    row("VersionSSL30", "cwe-327", Always, 0.9),
    row("VersionTLS10", "cwe-327", Always, 0.8),
    row("VersionTLS11", "cwe-327", Always, 0.75),
    row("SslProtocols.Ssl3", "cwe-327", Always, 0.9),
    row("SecurityProtocolType.Ssl3", "cwe-327", Always, 0.9),
    row("SSLContext.getInstance(", "cwe-327", Has(&["\"ssl\"", "\"sslv3\"", "\"tlsv1\"", "\"tlsv1.1\""]), 0.8),
    row("RSA.generate(", "cwe-326", Has(&["1024", "512", "768"]), 0.9),
    row("DSA.generate(", "cwe-326", Has(&["1024", "512"]), 0.9),
    row("generate_private_key(", "cwe-326", Has(&["=1024", "= 1024", "=512", ", 1024", "= 512"]), 0.9),
    row("rsa.newkeys(", "cwe-326", Has(&["1024", "512"]), 0.9),
    row("rsa.GenerateKey(", "cwe-326", Has(&["1024", "512"]), 0.9),
    row("modulusLength", "cwe-326", Value(&["1024", "512"]), 0.9),
    row("RSACryptoServiceProvider(", "cwe-326", Has(&["1024", "512"]), 0.9),
    row("RSA_generate_key", "cwe-326", Near(&["1024", " 512"]), 0.8),
    row("KeyPairGenerator.getInstance(", "cwe-326", With(key_pair), 0.0),

    // CWE-338: random numbers.
    row("random.random(", "cwe-338", With(checks::guessable), 0.0),
    row("random.randint(", "cwe-338", With(checks::guessable), 0.0),
    row("random.randrange(", "cwe-338", With(checks::guessable), 0.0),
    row("random.choice(", "cwe-338", With(checks::guessable), 0.0),
    row("random.choices(", "cwe-338", With(checks::guessable), 0.0),
    row("random.sample(", "cwe-338", With(checks::guessable), 0.0),
    row("random.getrandbits(", "cwe-338", With(checks::guessable), 0.0),
    row("Math.random(", "cwe-338", With(checks::guessable), 0.0),
    row("new Random(", "cwe-338", With(checks::guessable), 0.0),
    row("rand(", "cwe-338", With(checks::guessable), 0.0).of(C | PHP),
    row("mt_rand(", "cwe-338", With(checks::guessable), 0.0),
    row("uniqid(", "cwe-338", With(checks::guessable), 0.0),
    row("srand(", "cwe-338", With(checks::guessable), 0.0).of(C | PHP),
    row("rand.Intn(", "cwe-338", With(checks::guessable), 0.0),
    row("rand.Int(", "cwe-338", With(checks::guessable), 0.0).of(GO),
    row("rand.Seed(", "cwe-338", With(checks::guessable), 0.0),

    // CWE-295, CWE-347, CWE-319: what is not checked or not hidden.
    row("verify", "cwe-295", With(verify_off), 0.0),
    row("ssl._create_unverified_context", "cwe-295", Always, 0.95),
    row("CERT_NONE", "cwe-295", Always, 0.9).tail(),
    row("check_hostname", "cwe-295", Value(&["false"]), 0.9),
    row("verify_ssl", "cwe-295", Value(&["false"]), 0.85),
    row("ssl_verify", "cwe-295", Value(&["false"]), 0.85),
    row("verify_certs", "cwe-295", Value(&["false"]), 0.85),
    row("AutoAddPolicy", "cwe-295", Always, 0.75),
    row("WarningPolicy", "cwe-295", Always, 0.6).of(PYTHON),
    row("rejectUnauthorized", "cwe-295", Value(&["false"]), 0.95),
    row("NODE_TLS_REJECT_UNAUTHORIZED", "cwe-295", Value(&["0"]), 0.95),
    row("strictSSL", "cwe-295", Value(&["false"]), 0.9),
    row("InsecureSkipVerify", "cwe-295", Value(&["true"]), 0.95),
    row("InsecureIgnoreHostKey(", "cwe-295", Always, 0.9),
    row("danger_accept_invalid_certs(", "cwe-295", Has(&["true"]), 0.95),
    row("danger_accept_invalid_hostnames(", "cwe-295", Has(&["true"]), 0.95),
    row("SslVerifyMode::NONE", "cwe-295", Always, 0.95),
    row("SSL_VERIFY_NONE", "cwe-295", Always, 0.9),
    row("VERIFY_NONE", "cwe-295", Always, 0.85).tail(),
    row("CURLOPT_SSL_VERIFYPEER", "cwe-295", Value(&["0", "false", "0l"]), 0.95),
    row("CURLOPT_SSL_VERIFYHOST", "cwe-295", Value(&["0", "false", "0l"]), 0.9),
    row("verify_peer", "cwe-295", Value(&["false", "> false"]), 0.85),
    row("ALLOW_ALL_HOSTNAME_VERIFIER", "cwe-295", Always, 0.9),
    row("NoopHostnameVerifier", "cwe-295", Always, 0.9),
    row("AllowAllHostnameVerifier", "cwe-295", Always, 0.9),
    row("TrustAllStrategy", "cwe-295", Always, 0.85),
    row("checkServerTrusted(", "cwe-295", With(trusts_all), 0.0),
    row("setHostnameVerifier(", "cwe-295", Has(&["-> true", "return true"]), 0.9),
    row("ServerCertificateValidationCallback", "cwe-295", With(callback_true), 0.0),
    row("ServerCertificateCustomValidationCallback", "cwe-295", With(callback_true), 0.0),
    row("DangerousAcceptAnyServerCertificateValidator", "cwe-295", Always, 0.95),
    row("jwt.decode(", "cwe-347", Has(&["verify=false", "verify_signature\": false", "verify_signature': false", "'none'", "\"none\"", "verify = false"]), 0.95),
    row("jwt.verify(", "cwe-347", Has(&["'none'", "\"none\""]), 0.9),
    row("setSkipSignatureVerification", "cwe-347", Always, 0.85),
    row("UnsafeAllowNoneSignatureType", "cwe-347", Always, 0.9),
    row("ftplib.FTP(", "cwe-319", Always, 0.7),
    row("telnetlib.Telnet(", "cwe-319", Always, 0.8),
    row("ftp_connect(", "cwe-319", Always, 0.65),
    row("smtplib.SMTP(", "cwe-319", LacksAfter(&["starttls"]), 0.5),

    // CWE-611: XML.
    row("resolve_entities", "cwe-611", Value(&["true"]), 0.9),
    row("load_dtd", "cwe-611", Value(&["true"]), 0.7),
    row("no_network", "cwe-611", Value(&["false"]), 0.8),
    row("feature_external_ges", "cwe-611", Near(&["true"]), 0.9),
    row("xml.sax.make_parser(", "cwe-611", LacksAfter(&["feature_external_ges, false"]), 0.45),
    row("xml.sax.parse", "cwe-611", Always, 0.4),
    row("xml.etree.ElementTree.fromstring(", "cwe-611", Always, 0.4),
    row("etree.fromstring(", "cwe-611", Outside, 0.65),
    row("etree.parse(", "cwe-611", Outside, 0.65),
    row("ET.fromstring(", "cwe-611", Outside, 0.6),
    row("minidom.parseString(", "cwe-611", Outside, 0.6),
    row("DocumentBuilderFactory.newInstance(", "cwe-611", LacksAfter(XML_SAFE), 0.7),
    row("SAXParserFactory.newInstance(", "cwe-611", LacksAfter(XML_SAFE), 0.7),
    row("XMLInputFactory.newInstance(", "cwe-611", LacksAfter(XML_SAFE), 0.7),
    row("XMLInputFactory.newFactory(", "cwe-611", LacksAfter(XML_SAFE), 0.7),
    row("XMLReaderFactory.createXMLReader(", "cwe-611", LacksAfter(XML_SAFE), 0.7),
    row("SAXBuilder(", "cwe-611", LacksAfter(XML_SAFE), 0.7),
    row("SAXReader(", "cwe-611", LacksAfter(XML_SAFE), 0.7),
    row("TransformerFactory.newInstance(", "cwe-611", LacksAfter(XML_SAFE), 0.45),
    row("XmlUrlResolver", "cwe-611", Always, 0.75),
    row("DtdProcessing.Parse", "cwe-611", Always, 0.9),
    row("ProhibitDtd", "cwe-611", Value(&["false"]), 0.85),
    row("LIBXML_NOENT", "cwe-611", Always, 0.9),
    row("libxml_disable_entity_loader(", "cwe-611", Has(&["false"]), 0.9),
    row("noent", "cwe-611", Value(&["true"]), 0.9),
    row("XML_PARSE_NOENT", "cwe-611", Always, 0.85),
    row("replaceEntities", "cwe-611", Value(&["true"]), 0.7),

    // CWE-918, CWE-601: addresses.
    row("requests.get(", "cwe-918", Outside, 0.75),
    row("requests.post(", "cwe-918", Outside, 0.6),
    row("requests.request(", "cwe-918", Outside, 0.7),
    row("urlopen(", "cwe-918", Outside, 0.8).tail(),
    row("urlretrieve(", "cwe-918", Outside, 0.7).tail(),
    row("httpx.get(", "cwe-918", Outside, 0.75),
    row("axios.get(", "cwe-918", Outside, 0.75),
    row("axios(", "cwe-918", Outside, 0.7),
    row("fetch(", "cwe-918", Outside, 0.6).of(SCRIPT),
    row("http.Get(", "cwe-918", Outside, 0.8),
    row("http.NewRequest(", "cwe-918", Outside, 0.6),
    row("URL(", "cwe-918", Outside, 0.6).of(JAVA),
    row("GetAsync(", "cwe-918", Outside, 0.7),
    row("DownloadString(", "cwe-918", Outside, 0.75),
    row("WebRequest.Create(", "cwe-918", Outside, 0.75),
    row("CURLOPT_URL", "cwe-918", Near(&["$_get", "$_post", "$_request"]), 0.85),
    row("curl_init(", "cwe-918", Outside, 0.8),
    row("reqwest::get(", "cwe-918", Outside, 0.7),
    row("redirect(", "cwe-601", Outside, 0.8).tail(),
    row("HttpResponseRedirect(", "cwe-601", Outside, 0.85),
    row("sendRedirect(", "cwe-601", Outside, 0.85),
    row("http.Redirect(", "cwe-601", Has(&["query().get", "formvalue", "header.get(\"referer"]), 0.85),
    row("Redirect(", "cwe-601", Outside, 0.75).of(SHARP),
    row("header(", "cwe-601", With(location_header), 0.0).of(PHP),

    // CWE-120, CWE-134, CWE-676, CWE-367: C.
    row("gets(", "cwe-120", With(c_gets), 0.0).of(C),
    row("strcpy(", "cwe-120", With(checks::copied), 0.0),
    row("strcat(", "cwe-120", With(checks::copied), 0.0),
    row("stpcpy(", "cwe-120", With(checks::copied), 0.0),
    row("wcscpy(", "cwe-120", With(checks::copied), 0.0),
    row("lstrcpy(", "cwe-120", With(checks::copied), 0.0),
    row("sprintf(", "cwe-120", With(checks::printed), 0.0).of(C),
    row("sprintf(", "cwe-134", With(checks::format_from_variable), 0.0).of(C),
    row("vsprintf(", "cwe-120", Always, 0.7),
    row("scanf(", "cwe-120", With(checks::scanned), 0.0).of(C),
    row("fscanf(", "cwe-120", With(checks::scanned), 0.0).of(C),
    row("sscanf(", "cwe-120", With(checks::scanned), 0.0).of(C),
    row("memcpy(", "cwe-120", Has(&["strlen("]), 0.6),
    row("strncpy(", "cwe-120", Has(&["strlen("]), 0.6),
    row("strncat(", "cwe-120", Has(&["strlen(s", "sizeof(dest)", "sizeof(buf)"]), 0.45),
    row("alloca(", "cwe-676", Always, 0.4),
    row("strtok(", "cwe-676", Always, 0.2),
    row("atoi(", "cwe-676", Outside, 0.35).of(C),
    row("printf(", "cwe-134", With(checks::format_from_variable), 0.0).of(C),
    row("fprintf(", "cwe-134", With(checks::format_from_variable), 0.0).of(C),
    row("snprintf(", "cwe-134", With(checks::format_from_variable), 0.0).of(C),
    row("syslog(", "cwe-134", With(checks::format_from_variable), 0.0).of(C),
    row("access(", "cwe-367", With(access_then_open), 0.0).of(C),
    row("from_utf8_unchecked(", "cwe-676", Always, 0.35),
    row("get_unchecked(", "cwe-676", Always, 0.3).of(RUST),
    row("mem::transmute", "cwe-676", Always, 0.4),
    row("mem::uninitialized", "cwe-676", Always, 0.7),
    row("from_raw_parts(", "cwe-676", Always, 0.35).of(RUST),
    row("extract(", "cwe-676", Outside, 0.8).of(PHP),
    row("parse_str(", "cwe-676", Outside, 0.5).of(PHP),

    // CWE-377, CWE-732, CWE-434.
    row("tempfile.mktemp(", "cwe-377", Always, 0.9),
    row("os.tempnam(", "cwe-377", Always, 0.85),
    row("os.tmpnam(", "cwe-377", Always, 0.85),
    row("mktemp(", "cwe-377", With(c_mktemp), 0.0).of(C | PYTHON),
    row("tmpnam(", "cwe-377", Always, 0.85),
    row("tempnam(", "cwe-377", Always, 0.55).of(C),
    row("os.chmod(", "cwe-732", With(checks::mode), 0.0),
    row("chmod(", "cwe-732", With(checks::mode), 0.0),
    row("fchmod(", "cwe-732", With(checks::mode), 0.0),
    row("os.Chmod(", "cwe-732", With(checks::mode), 0.0),
    row("os.Mkdir(", "cwe-732", Has(&["0777", "0o777"]), 0.7),
    row("os.MkdirAll(", "cwe-732", Has(&["0777", "0o777"]), 0.7),
    row("os.OpenFile(", "cwe-732", Has(&["0666", "0777", "0o666", "0o777"]), 0.55),
    row("os.WriteFile(", "cwe-732", Has(&["0666", "0777", "0o777"]), 0.6),
    row("fs.chmod", "cwe-732", Near(&["777", "666"]), 0.8),
    row("mkdir(", "cwe-732", Has(&["0777", "0o777"]), 0.5),
    row("from_mode(", "cwe-732", Has(&["777", "666"]), 0.8),
    row("umask(", "cwe-732", With(umask_zero), 0.0),
    row("setReadable(true, false", "cwe-732", Always, 0.7),
    row("setWritable(true, false", "cwe-732", Always, 0.8),
    row("FileSystemRights.FullControl", "cwe-732", Near(&["everyone"]), 0.8),
    row("chmod 777", "cwe-732", Always, 0.6),
    row("chmod -R 777", "cwe-732", Always, 0.7),
    row("move_uploaded_file(", "cwe-434", LacksAfter(&["in_array", "pathinfo", "finfo"]), 0.55),
    row("save(", "cwe-434", Has(&[".filename"]), 0.6).tail(),

    // CWE-798: credentials in code.
    row("password", "cwe-798", AssignedSecret, 0.65).tail(),
    row("passwd", "cwe-798", AssignedSecret, 0.65).tail(),
    row("pwd", "cwe-798", AssignedSecret, 0.55).tail(),
    row("secret_key", "cwe-798", AssignedSecret, 0.75).tail(),
    row("secretkey", "cwe-798", AssignedSecret, 0.75).tail(),
    row("secret", "cwe-798", AssignedSecret, 0.6).tail(),
    row("api_key", "cwe-798", AssignedSecret, 0.7).tail(),
    row("apikey", "cwe-798", AssignedSecret, 0.7).tail(),
    row("access_key", "cwe-798", AssignedSecret, 0.7).tail(),
    row("private_key", "cwe-798", AssignedSecret, 0.65).tail(),
    row("auth_token", "cwe-798", AssignedSecret, 0.65).tail(),
    row("access_token", "cwe-798", AssignedSecret, 0.6).tail(),
    row("encryption_key", "cwe-798", AssignedSecret, 0.75).tail(),

    // CWE-489, CWE-352, CWE-614, CWE-942, CWE-209, CWE-117, CWE-90, CWE-643.
    row("app.run(", "cwe-489", Has(&["debug=true", "debug = true"]), 0.85),
    row("DEBUG", "cwe-489", Value(&["true"]), 0.5).of(PYTHON),
    row("csrf_exempt", "cwe-352", Always, 0.7),
    row("csrf().disable(", "cwe-352", Always, 0.7),
    row("csrf.disable(", "cwe-352", Always, 0.65),
    row("WTF_CSRF_ENABLED", "cwe-352", Value(&["false"]), 0.85),
    row("httponly", "cwe-614", Value(&["false"]), 0.85).any_case(),
    row("SESSION_COOKIE_SECURE", "cwe-614", Value(&["false"]), 0.85),
    row("CSRF_COOKIE_SECURE", "cwe-614", Value(&["false"]), 0.85),
    row("SESSION_COOKIE_HTTPONLY", "cwe-614", Value(&["false"]), 0.85),
    row("setSecure(false", "cwe-614", Always, 0.85),
    row("setHttpOnly(false", "cwe-614", Always, 0.85),
    row("secure", "cwe-614", With(cookie_secure), 0.0),
    row("Access-Control-Allow-Origin", "cwe-942", With(any_origin), 0.0).any_case(),
    row("CrossOrigin(", "cwe-942", Has(&["\"*\""]), 0.5),
    row("traceback.format_exc(", "cwe-209", Near(&["return", "jsonify", "response"]), 0.5),
    row("logging.info(", "cwe-117", Outside, 0.5),
    row("logging.warning(", "cwe-117", Outside, 0.5),
    row("logging.error(", "cwe-117", Outside, 0.5),
    row("logger.info(", "cwe-117", Outside, 0.45),
    row("search_s(", "cwe-90", Outside, 0.8).tail(),
    row("uid=", "cwe-90", With(ldap_filter), 0.0),
    row("cn=", "cwe-90", With(ldap_filter), 0.0),
    row("sAMAccountName=", "cwe-90", With(ldap_filter), 0.0),
    row("xpath(", "cwe-643", With(xpath), 0.0).tail(),
    row("XPath.evaluate(", "cwe-643", Variable, 0.7).any_case(),
    row("SelectNodes(", "cwe-643", Variable, 0.6),
    row("SelectSingleNode(", "cwe-643", Variable, 0.6),

    // Payloads of SQL: see `sql`.
    payload("union", sql::union),
    payload("or", sql::condition),
    payload("and", sql::condition),
    payload("xor", sql::condition),
    payload("where", sql::condition),
    payload("having", sql::condition),
    payload("rlike", sql::condition),
    payload("order", sql::order),
    payload("group", sql::order),
    payload("sleep(", sql::timed),
    payload("benchmark(", sql::timed),
    payload("waitfor", sql::waits),
    payload("pg_sleep", sql::always),
    payload("randomblob(", sql::always),
    payload("utl_inaddr", sql::always),
    payload("utl_http", sql::always),
    payload("dbms_pipe", sql::always),
    payload("dbms_ldap", sql::always),
    payload("dbms_lock.sleep", sql::always),
    payload("ctxsys.", sql::always),
    payload("xp_cmdshell", sql::always),
    payload("xp_dirtree", sql::always),
    payload("xp_regread", sql::always),
    payload("xp_servicecontrol", sql::always),
    payload("xp_availablemedia", sql::always),
    payload("xp_fileexist", sql::always),
    payload("sp_oacreate", sql::always),
    payload("sp_makewebtask", sql::always),
    payload("sp_password", sql::always),
    payload("sp_addlogin", sql::always),
    payload("openrowset(", sql::always),
    payload("extractvalue(", sql::reported),
    payload("updatexml(", sql::reported),
    payload("load_file(", sql::always),
    payload("into outfile", sql::always),
    payload("into dumpfile", sql::always),
    payload("load data infile", sql::sensitive),
    payload("procedure analyse", sql::always),
    payload("information_schema", sql::sensitive),
    payload("sysobjects", sql::sensitive),
    payload("syscolumns", sql::sensitive),
    payload("sysusers", sql::sensitive),
    payload("sysibm", sql::sensitive),
    payload("syscat.", sql::sensitive),
    payload("all_tables", sql::sensitive),
    payload("all_tab_columns", sql::sensitive),
    payload("pg_shadow", sql::sensitive),
    payload("pg_catalog", sql::sensitive),
    payload("mysql.user", sql::sensitive),
    payload("sys.user$", sql::sensitive),
    payload("sys.database_name", sql::sensitive),
    payload("v$version", sql::sensitive),
    payload("sqlite_master", sql::sensitive),
    payload("char(", sql::characters),
    payload("chr(", sql::characters),
    payload("nchar(", sql::characters),
    payload("concat(", sql::concatenated),
    payload("group_concat(", sql::concatenated),
    payload("ascii(", sql::probed),
    payload("substring(", sql::probed),
    payload("substr(", sql::probed),
    payload("mid(", sql::probed),
    payload("convert(int", sql::probed),
    payload("if(", sql::probed),
    payload("exec", sql::executed),
    payload("execute", sql::executed),
    payload("declare", sql::executed),
    payload("shutdown", sql::executed),
    payload("print", sql::executed),
    payload("bulk insert", sql::sensitive),
    payload("create user", sql::sensitive),
    payload("drop", sql::executed),
    payload("@@", sql::variable),
    payload("current_setting(", sql::sensitive),
    payload("current_database(", sql::sensitive),
    payload("current_user", sql::sensitive),
    payload("session_user", sql::sensitive),
    payload("system_user", sql::sensitive),
    payload("version()", sql::sensitive),
    payload("pg_group", sql::sensitive),
    payload("$where", sql::operator),
    payload("$ne", sql::operator),
    payload("$gt", sql::operator),
    payload("$regex", sql::operator),
    payload("0x", sql::hexadecimal),
    payload("$or", sql::operator),
    payload("/**/", sql::parted),
    payload("master..", sql::sensitive),
    payload_of("cwe-90", "(|(", sql::filter),
    payload_of("cwe-90", ")(|(", sql::filter),
    payload_of("path-traversal", "/etc/passwd", shell::named_file),
    payload_of("path-traversal", "/etc/shadow", shell::named_file),

    // Payloads of other sorts: see `markup` and `shell`.
    payload_of("xss", "javascript:", markup::scheme),
    payload_of("xss", "vbscript:", markup::scheme),
    payload_of("xss", "data:text/html", markup::data),
    payload_of("xss", "alert(", markup::call),
    payload_of("xss", "alert)(", markup::call),
    payload_of("xss", "prompt(", markup::call),
    payload_of("xss", "confirm(", markup::call),
    payload_of("xss", "eval(", markup::call),
    payload_of("shell-injection", "bash -i", shell::known),
    payload_of("shell-injection", "/dev/tcp/", shell::known),
    payload_of("shell-injection", "nc ", shell::known),
    payload_of("shell-injection", "ncat ", shell::known),
    payload_of("shell-injection", "netcat ", shell::known),
    payload_of("shell-injection", "rm -rf", shell::known),
    payload_of("shell-injection", "rm -fr", shell::known),
    payload_of("shell-injection", "mkfifo", shell::known),
    payload_of("shell-injection", ":(){", shell::known),
    payload_of("shell-injection", "() {", shell::known),
    payload_of("shell-injection", "powershell", shell::known),
    payload_of("shell-injection", "certutil", shell::known),
    payload_of("shell-injection", "iex", shell::known),
    payload_of("shell-injection", "dd if=", shell::known),
    payload_of("shell-injection", "mkfs", shell::known),
    payload_of("shell-injection", "pty.spawn(", shell::known),
    payload_of("shell-injection", "curl ", shell::known),
    payload_of("shell-injection", "wget ", shell::known),
    payload_of("shell-injection", "cat ", shell::known),
    payload_of("shell-injection", "base64 -d", shell::known),
];

fn rust_shell(site: &Site<'_, '_>) -> checks::Verdict {
    let made = site.made(site.end);
    let text = site.text;
    let shell = contains_any(
        text.slice(site.end, made.end),
        &["\"sh\"", "\"bash\"", "/sh\"", "\"cmd", "\"powershell"],
    );
    if !shell {
        return (made.names && site.is_tainted(site.end, made.end)).then_some((0.7, made.end));
    }
    // The command follows as an argument.
    _ = text.byte(made.end + 160);
    let end = (made.end + 160).min(text.bytes().len());
    contains_any(
        text.slice(made.end, end),
        &[
            "format!(",
            ".arg(&",
            ".arg(cmd",
            ".arg(command",
            ".arg(input",
            ".arg(user",
        ],
    )
    .then_some((0.8, made.end))
}

fn function_made(site: &Site<'_, '_>) -> checks::Verdict {
    if !site.text.behind(site.start, 4).ends_with(b"new ") {
        return None;
    }
    let made = site.made(site.end);
    (made.names || made.joined).then_some((0.75, made.end))
}

fn timer_text(site: &Site<'_, '_>) -> checks::Verdict {
    let text = site.text;
    let at = text.skip_blank(site.end);
    if !matches!(text.byte(at)?, b'"' | b'\'' | b'`') {
        return None;
    }
    let made = site.made(site.end);
    Some((if made.joined { 0.85 } else { 0.5 }, made.end))
}

fn dollar_where(site: &Site<'_, '_>) -> checks::Verdict {
    let made = site.made(site.text.skip_blank(site.end + 1));
    (made.joined).then_some((0.75, made.end))
}

fn adjacent(site: &Site<'_, '_>) -> checks::Verdict {
    let made = site.made(site.end);
    if !(made.names || made.joined) {
        return None;
    }
    Some((
        if site.is_tainted(site.end, made.end) {
            0.9
        } else {
            0.5
        },
        made.end,
    ))
}

fn servlet_output(site: &Site<'_, '_>) -> checks::Verdict {
    if site.text.behind(site.start, 7).ends_with(b"System.") {
        return None;
    }
    let made = site.made(site.end);
    site.is_tainted(site.end, made.end)
        .then_some((0.75, made.end))
}

fn echoed(site: &Site<'_, '_>) -> checks::Verdict {
    let text = site.text;
    if !matches!(text.byte(site.end)?, b' ' | b'(' | b'"' | b'\'') {
        return None;
    }
    let mut end = site.end;
    while end < site.end + 300 && !matches!(text.byte(end)?, b';' | b'\n') {
        end += 1;
    }
    let code = text.slice(site.end, end);
    if !code.contains(&b'$')
        || contains_any(
            code,
            &[
                "htmlspecialchars",
                "htmlentities",
                "intval",
                "strip_tags",
                "esc_",
                "json_encode",
                "(int)",
            ],
        )
    {
        return None;
    }
    if contains_any(
        code,
        &["$_get", "$_post", "$_request", "$_cookie", "$_server"],
    ) {
        return Some((0.9, end));
    }
    site.is_tainted(site.end, end).then_some((0.8, end))
}

fn included(site: &Site<'_, '_>) -> checks::Verdict {
    let text = site.text;
    if !matches!(text.byte(site.end)?, b' ' | b'_') {
        return None;
    }
    let mut end = site.end;
    while end < site.end + 200 && !matches!(text.byte(end)?, b';' | b'\n') {
        end += 1;
    }
    let code = text.slice(site.end, end);
    if !code.contains(&b'$') {
        return None;
    }
    site.is_tainted(site.end, end).then_some((0.85, end))
}

fn old_protocol(site: &Site<'_, '_>) -> checks::Verdict {
    let text = site.text;
    let newer = text.starts(site.end, b"_2") || text.starts(site.end, b"_3");
    (!newer).then_some((0.85, site.end))
}

fn key_pair(site: &Site<'_, '_>) -> checks::Verdict {
    let text = site.text;
    _ = text.byte(site.end + 160);
    let end = (site.end + 160).min(text.bytes().len());
    contains_any(
        text.slice(site.end, end),
        &["initialize(1024", "initialize(512"],
    )
    .then_some((0.9, end))
}

fn verify_off(site: &Site<'_, '_>) -> checks::Verdict {
    let text = site.text;
    let mut at = site.end;
    while matches!(text.byte(at)?, b' ' | b'=') {
        at += 1;
    }
    let end = text.one_of(at, &["false"])?;
    (at > site.end && matches!(text.behind(at, 2).last(), Some(b'=' | b' '))).then_some((0.9, end))
}

fn trusts_all(site: &Site<'_, '_>) -> checks::Verdict {
    let text = site.text;
    let made = site.made(site.end);
    let mut at = made.end;
    while at < made.end + 80 && text.byte(at)? != b'{' {
        at += 1;
    }
    let body = text.skip_blank(at + 1);
    (text.byte(body)? == b'}').then_some((0.9, body))
}

fn callback_true(site: &Site<'_, '_>) -> checks::Verdict {
    let text = site.text;
    let mut end = site.end;
    while end < site.end + 160 && !matches!(text.byte(end)?, b';' | b'\n') {
        end += 1;
    }
    contains_any(
        text.slice(site.end, end),
        &["=> true", "return true", "=> { return true"],
    )
    .then_some((0.95, end))
}

fn location_header(site: &Site<'_, '_>) -> checks::Verdict {
    let made = site.made(site.end);
    (contains_any(site.text.slice(site.end, made.end), &["location:"])
        && site.is_tainted(site.end, made.end))
    .then_some((0.85, made.end))
}

fn c_gets(site: &Site<'_, '_>) -> checks::Verdict {
    if matches!(site.text.before(site.start), b'.' | b'>' | b':' | b'_') {
        return None;
    }
    let made = site.made(site.end);
    (made.names && !made.literal).then_some((0.95, made.end))
}

fn access_then_open(site: &Site<'_, '_>) -> checks::Verdict {
    let text = site.text;
    if matches!(text.before(site.start), b'.' | b'>' | b'_') {
        return None;
    }
    _ = text.byte(site.end + 300);
    let end = (site.end + 300).min(text.bytes().len());
    let after = text.slice(site.end, end);
    (contains_any(after, &["_ok"]) && contains_any(after, &["open("])).then_some((0.6, site.end))
}

fn c_mktemp(site: &Site<'_, '_>) -> checks::Verdict {
    (!matches!(site.text.before(site.start), b'.' | b'_')).then_some((0.75, site.end))
}

fn umask_zero(site: &Site<'_, '_>) -> checks::Verdict {
    let made = site.made(site.end);
    let value = site.text.slice(site.end, made.end).trim_ascii();
    (matches!(value, b"0" | b"0o0" | b"000" | b"0000" | b"0o000")).then_some((0.8, made.end))
}

fn cookie_secure(site: &Site<'_, '_>) -> checks::Verdict {
    let verdict = Check::Value(&["false"]).judge(site, 0.75)?;
    site.near(120, &["cookie", "session"]).then_some(verdict)
}

fn any_origin(site: &Site<'_, '_>) -> checks::Verdict {
    let text = site.text;
    let mut at = site.end;
    while at < site.end + 12 && text.byte(at)? != b'*' {
        at += 1;
    }
    (text.byte(at)? == b'*').then_some((0.55, at + 1))
}

fn ldap_filter(site: &Site<'_, '_>) -> checks::Verdict {
    if site.text.before(site.start) != b'(' {
        return None;
    }
    flow::ldap(site)
}

fn xpath(site: &Site<'_, '_>) -> checks::Verdict {
    let made = site.made(site.end);
    made.joined.then_some((
        if site.is_tainted(site.end, made.end) {
            0.9
        } else {
            0.7
        },
        made.end,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::RULES;

    #[test]
    fn every_row_names_a_rule() {
        for row in ROWS {
            assert!(RULES.iter().any(|(id, ..)| *id == row.rule), "{}", row.rule);
        }
    }
}
