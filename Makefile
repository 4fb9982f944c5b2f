# 链警 Lianjing. `make run` shows it, `make test` checks it.
SHELL := /bin/sh
UV := .bootstrap/uv
export UV_PYTHON_DOWNLOADS := never
export UV_FROZEN := 1
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run test short test-full check kernel bootstrap down doctor

help:
	@echo '链警 Lianjing'
	@echo '  make run              演示:实时播放一场断链险情,Ctrl-C 结束 / the demo, until Ctrl-C'
	@echo '  make run ARGS=--once  演示放完自行结束 / ends by itself when the story is told'
	@echo '  make test             全部检查与短测试 / all checks and the short tests'
	@echo '  make test-full        长测试 / the long form'
	@echo '  make doctor           体检 / say of each part where it is and how it does'

run:
	@deploy/bootstrap.sh run
	@$(UV) run --no-sync lianjing up --demo $(ARGS)

bootstrap:
	@deploy/bootstrap.sh test

check: bootstrap
	$(UV) run --no-sync ruff check .
	$(UV) run --no-sync ruff format --check .
	$(UV) run --no-sync mypy
	$(UV) run --no-sync lint-imports
	$(UV) run --no-sync yamllint --strict deploy

kernel: bootstrap
	$(UV) run --no-sync python -m detectors.network.kernel
	$(UV) run --no-sync python -m detectors.series
	$(UV) run --no-sync python -m detectors.series.ensemble

# The checks run beside the tests, which wait for the compiled loops alone.
test: bootstrap
	@$(MAKE) --no-print-directory -j 2 check short

short: kernel
	$(UV) run --no-sync pytest -n auto --maxprocesses 4 --dist loadfile -m 'not full' $(ARGS)

test-full: kernel
	$(UV) run --no-sync pytest -n auto --maxprocesses 4 --dist loadfile --timeout=3000 $(ARGS)

down:
	@$(UV) run --no-sync lianjing down

doctor:
	@deploy/bootstrap.sh run
	@$(UV) run --no-sync lianjing doctor $(ARGS)
