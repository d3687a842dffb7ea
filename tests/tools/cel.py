#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# cel.py FILE KIND-OF-OBJECT - admits requests by the ValidatingAdmissionPolicies of FILE, as
# Kubernetes documents them. Standard input: JSON objects {resource, operation, namespaceLabels,
# object, oldObject}, one on a line; prints "admitted" or "denied: MESSAGE" for each.
# https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
# The part of CEL (https://github.com/google/cel-spec) that hooks/kubernetes/ uses; anything else
# is an error, as is a field that is not there.
import json
import re
import sys

import yaml

TOKEN = re.compile(r"""\s*(?:(?P<string>'[^'\\]*'|"[^"\\]*")|(?P<number>\d+)|(?P<name>[A-Za-z_]\w*)|(?P<op>&&|\|\||[!=]=|[-!?:.,()\[\]{}]))""")


class Parser:
    """Makes a function of an environment out of an expression."""

    def __init__(self, text):
        self.tokens, at = [], 0
        text = text.rstrip()
        while at < len(text):
            match = TOKEN.match(text, at)
            if not match:
                raise SyntaxError(text[at:])
            self.tokens.append((match.lastgroup, match.group(match.lastgroup)))
            at = match.end()
        self.at = 0

    def peek(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else (None, None)

    def take(self, value=None):
        kind, text = self.peek()
        if kind is None or (value is not None and text != value):
            raise SyntaxError(f"{text} instead of {value}")
        self.at += 1
        return kind, text

    def sees(self, *values):
        kind, text = self.peek()
        return kind in ("op", "name") and text in values

    def whole(self):
        result = self.ternary()
        if self.at != len(self.tokens):
            raise SyntaxError(self.peek()[1])
        return result

    def ternary(self):
        test = self.either()
        if not self.sees("?"):
            return test
        self.take("?")
        yes = self.ternary()
        self.take(":")
        no = self.ternary()
        return lambda env: yes(env) if boolean(test(env)) else no(env)

    def either(self):
        left = self.both()
        while self.sees("||"):
            self.take()
            left = (lambda a, b: lambda env: boolean(a(env)) or boolean(b(env)))(left, self.both())
        return left

    def both(self):
        left = self.relation()
        while self.sees("&&"):
            self.take()
            left = (lambda a, b: lambda env: boolean(a(env)) and boolean(b(env)))(left, self.relation())
        return left

    def relation(self):
        left = self.unary()
        while self.sees("==", "!=", "in"):
            op = self.take()[1]
            test = {"==": lambda a, b: a == b, "!=": lambda a, b: a != b, "in": lambda a, b: a in b}[op]
            left = (lambda t, a, b: lambda env: t(a(env), b(env)))(test, left, self.unary())
        return left

    def unary(self):
        if self.sees("!"):
            self.take()
            operand = self.unary()
            return lambda env: not boolean(operand(env))
        return self.member()

    def member(self):
        value = self.primary()
        while self.sees(".", "["):
            if self.take()[1] == "[":
                key = self.ternary()
                self.take("]")
                value = (lambda v, k: lambda env: v(env)[k(env)])(value, key)
                continue
            name = self.take()[1]
            if not self.sees("("):
                value = (lambda v, n: lambda env: v(env)[n])(value, name)
                continue
            self.take("(")
            if name == "all":
                variable = self.take()[1]
                self.take(",")
                body = self.ternary()
                value = (lambda v, n, b: lambda env: all(boolean(b({**env, n: item})) for item in v(env)))(value, variable, body)
            elif name == "startsWith":
                prefix = self.ternary()
                value = (lambda v, p: lambda env: v(env).startswith(p(env)))(value, prefix)
            else:
                raise SyntaxError(name)
            self.take(")")
        return value

    def primary(self):
        kind, text = self.take()
        if kind == "string":
            return lambda env: text[1:-1]
        if text == "(":
            inside = self.ternary()
            self.take(")")
            return inside
        if text == "{":
            self.take("}")
            return lambda env: {}
        if text == "null":
            return lambda env: None
        if text == "has":
            return self.has()
        if kind == "name":
            return lambda env: env[text]
        raise SyntaxError(text)

    def has(self):
        """The last field may be missing, none before it."""
        self.take("(")
        start = self.at
        self.member()
        last = self.tokens[self.at - 1][1]
        end, self.at = self.at, start
        parent = Parser("")
        parent.tokens = self.tokens[start:end - 2]
        value = parent.whole()
        self.at = end
        self.take(")")
        return lambda env: last in value(env)


def boolean(value):
    if not isinstance(value, bool):
        raise TypeError(f"{value} is no boolean")
    return value


def selects(selector, labels):
    for expression in selector.get("matchExpressions", []):
        inside = labels.get(expression["key"]) in expression["values"]
        if inside != {"In": True, "NotIn": False}[expression["operator"]]:
            return False
    return all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())


def matches(policy, request):
    group, version, resource = request["resource"].split("/", 2)
    return any(group in rule["apiGroups"] and version in rule["apiVersions"] and resource in rule["resources"]
               and request["operation"] in rule["operations"]
               for rule in policy["spec"]["matchConstraints"]["resourceRules"])


def judge(policy, request):
    env = {"object": request["object"], "oldObject": request["oldObject"], "variables": {}}
    for variable in policy["spec"].get("variables", []):
        env["variables"][variable["name"]] = Parser(variable["expression"]).whole()(env)
    for validation in policy["spec"]["validations"]:
        if not boolean(Parser(validation["expression"]).whole()(env)):
            return validation["message"]
    return None


def main():
    documents = list(yaml.safe_load_all(open(sys.argv[1])))
    policies = {d["metadata"]["name"]: d for d in documents if d["kind"] == "ValidatingAdmissionPolicy"}
    bindings = [d for d in documents if d["kind"] == "ValidatingAdmissionPolicyBinding"]
    for policy in policies.values():
        assert policy["apiVersion"] == "admissionregistration.k8s.io/v1" and policy["spec"]["failurePolicy"] == "Fail"
    for line in sys.stdin:
        request = {"operation": "CREATE", "namespaceLabels": {}, "oldObject": None, **json.loads(line)}
        answer = "admitted"
        for binding in bindings:
            assert binding["spec"]["validationActions"] == ["Deny"]
            policy = policies[binding["spec"]["policyName"]]
            if matches(policy, request) and selects(binding["spec"].get("matchResources", {}).get("namespaceSelector", {}), request["namespaceLabels"]):
                message = judge(policy, request)
                if message is not None:
                    answer = f"denied: {message}"
        print(answer)


main()
