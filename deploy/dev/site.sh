# ./dev site: the documents as a site, in build/site.
# shellcheck shell=bash
: "${repo:?}"  # from basics.sh

# The Python that Debian's packages are for, where there are several.
packaged_python() {
  if [[ -x /usr/bin/python3 ]]; then echo /usr/bin/python3; else command -v python3; fi
}

run_site() {
  need_packages site
  need_local
  "$(packaged_python)" -B "$repo/docs/site/build.py" --into "$repo/build/site"
}
