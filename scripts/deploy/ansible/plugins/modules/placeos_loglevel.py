#!/usr/bin/python
"""Switches the debug mode of PlaceOS services on a host."""

from __future__ import annotations

import json

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
---
module: placeos_loglevel
short_description: Switches the debug mode of PlaceOS services
version_added: "0.1.0"
description:
  - Runs C(placeos-loglevel) on the host, which switches the running processes and takes it back at the deadline.
  - It reports a change only if something was switched. Moving a deadline does not count.
  - Check mode sends nothing and says what would be switched.
options:
  state:
    description: Into debug mode, out of it, or out of it where this tool has switched it on.
    type: str
    choices: ["on", "off", reverted]
    required: true
  selectors:
    description:
      - What to switch, such as C(api), C(api/NAME), C(driver/GLOB), C(backend:redis).
      - May be left out for O(state=reverted), which then takes back everything.
    type: list
    elements: str
    default: []
  for:
    description: When to take it back, such as C(30m); an hour where nothing is said. Only with O(state=on).
    type: str
  permanent:
    description: Never take it back. Only with O(state=on).
    type: bool
    default: false
  reason:
    description: Why; kept in the state and the history.
    type: str
  follow_restarts:
    description: Stay in debug mode over restarts, until the deadline; needs the agent. Only with O(state=on).
    type: bool
    default: false
  missing_ok:
    description: Whether it is right where nothing that was selected runs on the host.
    type: bool
    default: false
  executable:
    description: The program, where it is not on the path.
    type: path
    default: placeos-loglevel
attributes:
  check_mode:
    description: By C(--dry-run).
    support: full
author:
  - placeos-loglevel maintainers
"""

EXAMPLES = r"""
- name: Twenty minutes of debug mode
  placeos.loglevel.placeos_loglevel:
    state: "on"
    selectors: [api, core]
    for: 20m
    reason: INC-42
    missing_ok: true

- name: Take back what was switched on
  placeos.loglevel.placeos_loglevel:
    state: reverted
"""

RETURN = r"""
document:
  description: The document of the program (C(--json)), with C(host), C(time), C(results) and C(exit_status).
  type: dict
  returned: where the program ran
switched:
  description: How many processes were switched or, in check mode, would be.
  type: int
  returned: where the program ran
"""

COMMANDS = {"on": "on", "off": "off", "reverted": "revert"}


def run(module, words):
    """Runs the program; its document, or the end of the module."""
    status, output, errors = module.run_command(words)
    try:
        document = json.loads(output)
    except ValueError:
        module.fail_json(
            msg="placeos-loglevel said nothing that can be understood: " + (errors.strip() or output.strip()),
            rc=status,
        )
    return document, errors.strip()


def count(document):
    """How many processes got a signal, or would have got one."""
    return sum(1 for row in document.get("results", []) if row["outcome"] in ("switched", "would_switch", "unconfirmed"))


def main():
    """What Ansible calls."""
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["on", "off", "reverted"], "required": True},
            "selectors": {"type": "list", "elements": "str", "default": []},
            "for": {"type": "str"},
            "permanent": {"type": "bool", "default": False},
            "reason": {"type": "str"},
            "follow_restarts": {"type": "bool", "default": False},
            "missing_ok": {"type": "bool", "default": False},
            "executable": {"type": "path", "default": "placeos-loglevel"},
        },
        mutually_exclusive=[("for", "permanent")],
        supports_check_mode=True,
    )
    params = module.params
    if params["state"] != "on" and (params["for"] or params["permanent"] or params["follow_restarts"]):
        module.fail_json(msg="for, permanent and follow_restarts go with state: on only")
    if params["state"] != "reverted" and not params["selectors"]:
        module.fail_json(msg="name at least one selector, such as api")

    # Not every sudo or ssh has sbin on its path.
    program = module.get_bin_path(params["executable"], required=True, opt_dirs=["/usr/sbin", "/usr/local/sbin"])
    words = [program, COMMANDS[params["state"]], "--json"] + params["selectors"]
    for option in ("for", "reason"):
        if params[option]:
            words += ["--" + option, params[option]]
    for option in ("permanent", "follow_restarts"):
        if params[option]:
            words.append("--" + option.replace("_", "-"))
    if params["missing_ok"]:
        words.append("--if-present")

    # Before anything is sent: nothing is switched on that nobody will take back.
    if params["state"] == "on" and not params["permanent"]:
        plan, said = run(module, words + ["--dry-run"])
        if count(plan) and not plan.get("revert_armed"):
            module.fail_json(
                msg="no deadline would be kept on this host; nothing was switched. Start the agent, the timer or cron",
                document=plan,
            )
        document = plan
    if not module.check_mode:
        document, said = run(module, words)
    elif params["state"] != "on" or params["permanent"]:
        document, said = run(module, words + ["--dry-run"])

    switched = count(document)
    result = {"changed": switched > 0, "document": document, "switched": switched}
    if document.get("exit_status", 0) != 0:
        reasons = [document["error"]] if document.get("error") else []
        reasons += [
            "%s (pid %s): %s: %s" % (row["service"], row["pid"], row["outcome"], row["message"])
            for row in document.get("results", [])
            if row["outcome"] in ("refused", "failed", "unconfirmed")
        ]
        reasons += document.get("problems", []) or []
        module.fail_json(msg="; ".join(reasons) or said or "not everything is as asked", **result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
