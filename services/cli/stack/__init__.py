"""The local stack 本地组件: Kafka, PostgreSQL, Prometheus and Alertmanager as ordinary processes, without containers.

In: a data folder and ports. Out: running parts that answer, and clear words where one cannot run.
Always: no system service is started, stopped or changed; every process started here is stopped here; data of a part stay in its own folder.
"""
