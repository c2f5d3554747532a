from pathlib import Path

from localcloud.glue.spark_settings import (
    defaults_file,
    java_options,
    spark_defaults,
    system_properties,
)


def test_each_bucket_is_mapped_to_its_folder(tmp_path: Path) -> None:
    settings = spark_defaults(
        work_dir=tmp_path, buckets=["in", "my.dotted"], extra={"spark.x": "1"}
    )
    mount = "spark.hadoop.fs.viewfs.mounttable"
    assert settings[f"{mount}.in.linkFallback"] == (tmp_path / "s3" / "in").as_uri()
    assert settings[f"{mount}.my.dotted.linkFallback"].endswith("/s3/my.dotted")
    assert settings["spark.x"] == "1"
    assert "spark.x 1\n" in defaults_file(settings)


def test_a_job_may_override_a_setting(tmp_path: Path) -> None:
    settings = spark_defaults(work_dir=tmp_path, buckets=[], extra={"spark.master": "local[1]"})
    assert settings["spark.master"] == "local[1]"


def test_the_gateway_alone_finds_what_spark_submit_would_leave_to_it() -> None:
    given = system_properties({"spark.app.name": "named", "spark.local.dir": "/a b"})
    assert "-Dspark.app.name=named" in given
    assert "-Dspark.local.dir=/a b" in given
    assert "-Dspark.submit.deployMode=client" in given


def test_only_small_inputs_trade_speed_for_a_quick_start(tmp_path: Path) -> None:
    def options(*, small: bool) -> list[str]:
        return java_options(heap_mb=512, small_input=small, temp_dir=tmp_path)

    assert "-XX:TieredStopAtLevel=1" in options(small=True)
    assert "-XX:TieredStopAtLevel=1" not in options(small=False)
    assert "-Xmx512m" in options(small=False)
