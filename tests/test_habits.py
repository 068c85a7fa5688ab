"""The files that tools and people expect at the root agree with what they repeat."""

import json
import re
import tomllib
from configparser import ConfigParser
from pathlib import Path

from doorward import Auth
from doorward.keys.root import VARIABLE
from doorward.server.options import OPTIONS
from tests.docs.pages import DOCS, GUIDE, name

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
WORKFLOW = (ROOT / ".github/workflows/ci.yml").read_text()
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE = (ROOT / "compose.yaml").read_text()
LLMS = (ROOT / "src/doorward/llms.txt").read_text()


def supported() -> list[str]:
    """The Pythons of the classifiers."""
    text = "\n".join(PROJECT["project"]["classifiers"])
    return re.findall(r"^Programming Language :: Python :: (3\.\d+)$", text, re.MULTILINE)


def test_the_workflow_runs_on_every_python_of_the_classifiers_and_no_other() -> None:
    matrix = re.search(r"^ +python: (\[.*\])$", WORKFLOW, re.MULTILINE)
    assert matrix
    assert json.loads(matrix[1]) == supported()
    assert PROJECT["project"]["requires-python"] == f">={supported()[0]}"


def test_the_workflow_may_only_read_and_runs_actions_that_cannot_change() -> None:
    assert re.findall(r"^permissions:\n((?: +.*\n)+)", WORKFLOW, re.MULTILINE) == [
        "  contents: read\n"
    ]
    assert WORKFLOW.count("permissions:") == 1
    used = re.findall(r"uses: (.*)", WORKFLOW)
    assert used
    assert all(re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40} # v[\d.]+", each) for each in used)


def test_the_hook_and_the_workflow_run_what_people_type() -> None:
    hook = (ROOT / ".pre-commit-config.yaml").read_text()
    assert re.findall(r"(?:repo|entry): (.*)", hook) == ["local", "./dev check"]
    assert re.findall(r"run: (.*)", WORKFLOW) == [".ci/run"]
    assert "./dev check" in (ROOT / ".ci/run").read_text()


def test_editors_break_lines_where_ruff_does() -> None:
    config = ConfigParser()
    config.read_string("[top]\n" + (ROOT / ".editorconfig").read_text())
    assert config["{*.py,dev}"]["max_line_length"] == str(PROJECT["tool"]["ruff"]["line-length"])


def test_the_form_for_bugs_sends_vulnerabilities_elsewhere() -> None:
    forms = ROOT / ".github/ISSUE_TEMPLATE"
    assert "[SECURITY.md](../security/policy)" in (forms / "bug.yml").read_text()
    assert "blank_issues_enabled: false" in (forms / "config.yml").read_text()


def test_the_image_copies_files_that_exist_and_that_docker_is_sent() -> None:
    copied = [
        word
        for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.MULTILINE)
        for word in line.split()[:-1]
    ]
    ignore = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in ignore
    assert sorted(copied) == sorted(line[1:] for line in ignore if line.startswith("!"))
    assert [each for each in copied if not (ROOT / each).exists()] == []


def test_the_image_has_a_python_that_is_supported() -> None:
    assert re.findall(r"^ARG PYTHON=(.*)$", DOCKERFILE, re.MULTILINE)[0] in supported()


def test_the_health_check_of_the_image_is_python() -> None:
    check = re.search(r"^HEALTHCHECK .* CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)
    assert check
    program, option, code = json.loads(check[1])
    assert (program, option) == ("python", "-c")
    compile(code, "Dockerfile", "exec")


def test_the_image_and_the_services_set_options_that_exist() -> None:
    known = {*(option.variable for option in OPTIONS.values()), VARIABLE}
    assert set(re.findall(r"\bDOORWARD_\w+", DOCKERFILE + COMPOSE)) <= known


def test_the_services_are_those_that_the_docs_try_and_lack_no_secret() -> None:
    growing, container = ((DOCS / page).read_text() for page in ("growing.md", "container.md"))
    images = [each for each in re.findall(r"image: (.*)", COMPOSE) if each != "doorward"]
    assert images
    assert [each for each in images if f" {each}" not in growing] == []
    secrets = set(re.findall(r"\$\{(\w+):", COMPOSE))
    assert secrets == {"POSTGRES_PASSWORD", "VALKEY_PASSWORD"}
    assert [each for each in (*secrets, VARIABLE) if f'"{each}"' not in container] == []


def test_the_file_for_programs_that_write_code_names_every_page_and_no_other() -> None:
    pages = {name(page) for page in GUIDE}
    assert set(re.findall(r"\]\(([^)]+\.md)\)", LLMS)) == pages


def test_the_file_for_programs_that_write_code_says_every_invariant() -> None:
    invariants = re.findall(r"^## (.*)$", (DOCS / "invariants.md").read_text(), re.MULTILINE)
    assert len(invariants) > 8
    assert [each for each in invariants if f"- {each}:" not in LLMS] == []


def test_the_types_of_every_verb_are_checked() -> None:
    text = (ROOT / "tests/typing/public_names.py").read_text()
    assert [each for each in vars(Auth) if each[0] != "_" and f"verbs.{each}" not in text] == []
