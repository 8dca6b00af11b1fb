"""A headless Chromium, driven by WebDriver (W3C) through chromedriver: both are Debian packages, so
a test needs neither npm nor a network."""
import base64
import json
import os
import re
import shutil
import subprocess
import tempfile
import urllib.request

from tap import OUT

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the standard's name of an element's key
ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--window-size=1280,900",
]


class Browser:
    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="fathom-browser-")
        self.driver = subprocess.Popen(
            ["chromedriver", "--port=0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for line in self.driver.stdout:
            if match := re.search(r"started successfully on port (\d+)", line):
                self.port = int(match[1])
                break
        options = {
            "args": [*ARGUMENTS, f"--user-data-dir={self.folder}"],
            "perfLoggingPrefs": {"enableNetwork": True},
        }
        wanted = {
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"performance": "ALL", "browser": "ALL"},
        }
        made = self._call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self.session = f"/session/{made['sessionId']}"
        self.ask("POST", "/timeouts", {"script": 120000})
        return self

    def __exit__(self, *_):
        self.ask("DELETE", "", None)
        self.driver.terminate()
        self.driver.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _call(self, method, path, data):
        body = None if data is None else json.dumps(data).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", body, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)["value"]

    def ask(self, method, path, data):
        return self._call(method, self.session + path, data)

    def open(self, path):
        self.go("file://" + os.path.abspath(path))

    def go(self, url):
        self.ask("POST", "/url", {"url": url})

    def command(self, name, **values):
        """One of the Chrome DevTools protocol's."""
        return self.ask("POST", "/goog/cdp/execute", {"cmd": name, "params": values})

    def look(self, width, height, dark=False):
        """The window's size, and the colours that the reader asks for."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.command("Emulation.setDeviceMetricsOverride", **size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.command("Emulation.setEmulatedMedia", features=[scheme])

    def type(self, selector, text):
        """Into the element of a CSS selector, key by key."""
        found = self.ask("POST", "/element", {"using": "css selector", "value": selector})
        self.ask("POST", f"/element/{found[ELEMENT]}/value", {"text": text})

    def axe(self):
        """What axe-core finds wrong on the page: [rule: elements]."""
        path = os.path.join(OUT, "npm", "web", "node_modules", "axe-core", "axe.min.js")
        with open(path) as script:
            self.ask("POST", "/execute/sync", {"script": script.read(), "args": []})
        return self.run(
            "const { violations } = await axe.run();"
            "return violations.map(({ id, nodes }) => `${id}: "
            "${nodes.map((one) => one.html.slice(0, 120)).join(' | ')}`);"
        )

    def picture(self, path):
        """The whole page, as a PNG."""
        shot = self.command("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        with open(path, "wb") as out:
            out.write(base64.b64decode(shot["data"]))

    def run(self, script, *arguments):
        """The value of the body of an async function."""
        body = (
            "const done = arguments[arguments.length - 1];"
            f"(async (...args) => {{ {script} }})(...Array.from(arguments).slice(0, "
            f"-1)).then(done, (wrong) => done('failed: ' + wrong));"
        )
        return self.ask("POST", "/execute/async", {"script": body, "args": list(arguments)})

    def requests(self):
        """What the page has asked for since the last time: addresses."""
        told = self.ask("POST", "/se/log", {"type": "performance"})
        messages = [json.loads(entry["message"])["message"] for entry in told]
        return [
            one["params"]["request"]["url"]
            for one in messages
            if one["method"] == "Network.requestWillBeSent"
        ]

    def errors(self):
        told = self.ask("POST", "/se/log", {"type": "browser"})
        return [entry["message"] for entry in told if entry["level"] == "SEVERE"]
