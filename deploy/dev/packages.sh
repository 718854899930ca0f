# Debian packages: which are missing, and their installation.
# shellcheck shell=bash
: "${repo:?}"  # from basics.sh

# Prints the packages of the groups given ("build", "check").
packages_of() {
  local group
  for group in "$@"; do
    awk -v group="$group" '$1 == group { print $2 }' "$repo/deploy/dev/packages.txt"
  done
}

# Prints those of the packages given that are not installed.
missing_packages() {
  local package
  for package in "$@"; do
    [[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" == installed ]] || echo "$package"
  done
}

# Runs a command as root, by sudo if need be; if that cannot be, dies with the line to run oneself.
as_root() {
  if is_root; then
    "$@"
  elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [[ -t 0 ]]; }; then
    sudo "$@"
  else
    die "packages are missing and this user cannot become root. Run this as root, then call again:
$install_line"
  fi
}

apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
    -o DPkg::Lock::Timeout=300 "$@"
}

# Installing the server would make a cluster "main" and start it on port 5432; ours is private instead.
keep_5432_free() {
  local file=/etc/postgresql-common/createcluster.conf
  say "telling postgresql-common to make no cluster of its own ($file)"
  apt_install postgresql-common
  as_root sed -i -E 's/^#?[[:space:]]*create_main_cluster[[:space:]]*=.*/create_main_cluster = false/' "$file"
  grep -q '^create_main_cluster = false' "$file" ||
    as_root sh -c "echo 'create_main_cluster = false' >> $file"
}

# Packages that start a service of their name when they are installed; the tests start what they need themselves.
package_services=(pgbouncer prometheus)

# Prints those of the packages given that are among them.
services_of() {
  local package
  for package in "$@"; do
    if [[ " ${package_services[*]} " == *" $package "* ]]; then echo "$package"; fi
  done
}

# Tells systemd never to start the services given.
keep_off() {
  local service
  as_root mkdir -p /etc/systemd/system
  for service in "$@"; do
    say "telling systemd to start no service $service"
    as_root ln -sf /dev/null "/etc/systemd/system/$service.service"
  done
}

# Installs what is missing of the groups given; asks the network only if something is.
need_packages() {
  local missing services service
  if ! command -v dpkg-query >/dev/null; then
    say "no Debian here: please see to what deploy/dev/packages.txt lists"
    return
  fi
  # shellcheck disable=SC2046  # names have no spaces
  mapfile -t missing < <(missing_packages $(packages_of "$@"))
  ((${#missing[@]} == 0)) && return
  mapfile -t services < <(services_of "${missing[@]}")
  say "installing Debian packages: ${missing[*]}"
  install_line="  export DEBIAN_FRONTEND=noninteractive; apt-get update"
  if [[ " ${missing[*]} " == *" postgresql "* ]]; then
    install_line+="
  apt-get install -y --no-install-recommends postgresql-common
  sed -i -E 's/^#?create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf"
  fi
  for service in "${services[@]}"; do
    install_line+="
  mkdir -p /etc/systemd/system; ln -sf /dev/null /etc/systemd/system/$service.service"
  done
  install_line+="
  apt-get install -y --no-install-recommends ${missing[*]}"
  as_root apt-get update -q
  if [[ " ${missing[*]} " == *" postgresql "* ]]; then keep_5432_free; fi
  if ((${#services[@]} > 0)); then keep_off "${services[@]}"; fi
  apt_install "${missing[@]}"
}
