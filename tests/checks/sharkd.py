"""sharkd, which is tshark for programs: a process that reads captures, one after the other."""
import json
import os
import subprocess


class Sharkd:
    def __init__(self, config=None):
        """config: the folder of Wireshark's preferences, when it is not to be the user's."""
        environment = dict(os.environ, WIRESHARK_CONFIG_DIR=os.path.abspath(config)) if config else None
        self.process = subprocess.Popen(["sharkd", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment)

    def ask(self, method, **parameters):
        try:
            self.process.stdin.write(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        answer = next((line for line in self.process.stdout if line != "\n"), None)
        if answer is None:
            raise RuntimeError("sharkd: exit %d" % self.process.wait())
        return json.loads(answer)["result"]

    def load(self, path):
        """Whether the whole file could be read."""
        return self.ask("load", file=path) == {"status": "OK"}
