"""What the JVM does while its classes are recorded: this job's kind of work, and other jobs'.

It is run as a script, on an empty bucket `training`.
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from pyspark import SparkContext
from pyspark.sql import DataFrame, Observation, SparkSession, Window
from pyspark.sql import functions as F  # noqa: N812  (the name every Spark programmer knows)

ROOT = "s3://training"


def write_source(spark: SparkSession) -> str:
    """A small CSV file, written through Hadoop's file system as jobs write reports."""
    rows = "".join(f"{i},name {i},{i * 1.5},2024-01-{i % 28 + 1:02d}\n" for i in range(50))
    jvm = spark._jvm  # noqa: SLF001  (the only way to Hadoop's file system)
    path = jvm.org.apache.hadoop.fs.Path(f"{ROOT}/source/rows.csv")  # type: ignore[union-attr]
    files = path.getFileSystem(spark.sparkContext._jsc.hadoopConfiguration())  # noqa: SLF001  # type: ignore[union-attr]
    stream = files.create(path, False)
    stream.write(bytearray(f"id,name,amount,day\n{rows}".encode()))
    stream.close()
    return f"{ROOT}/source/rows.csv"


def convert(rows: DataFrame) -> DataFrame:
    """Checks and casts of every kind, and a first row for each key."""
    mask = F.lit(0)
    for column, form in (("id", r"\A[0-9]+\z"), ("amount", r"\A[0-9.]+\z"), ("day", r"\A.{10}\z")):
        broken = F.col(column).isNull() | ~F.col(column).rlike(form)
        mask = mask + F.when(broken, F.lit(1)).otherwise(F.lit(0))
    by_id = Window.partitionBy("id").orderBy("place")
    return (
        rows.withColumn("place", F.monotonically_increasing_id())
        .withColumn("mask", mask)
        .withColumn("rank", F.row_number().over(by_id))
        .select(
            F.col("id").cast("long").alias("id"),
            F.trim(F.regexp_replace("name", " +", " ")).alias("name"),
            F.expr("try_cast(amount AS decimal(20, 2))").alias("amount"),
            F.expr("try_cast(day AS date)").cast("string").alias("day"),
            F.array_compact(F.array(F.when(F.col("mask") > 0, F.lit("mask")))).alias("broken"),
            F.input_file_name().alias("file"),
            F.when(F.col("rank") == 1, "valid").otherwise("rejected").alias("status"),
        )
    )


def exchange(context: SparkContext) -> None:
    """Tasks in Python that share a value and code, and a shuffle of what they find."""
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder, "engine.zip")
        with zipfile.ZipFile(archive, "w") as code:
            code.writestr("engine.py", "RATE = 2\n")
        context.addPyFile(str(archive))
        places = context.broadcast(3)

        def work(number: int, items: Iterable[int]) -> Iterator[tuple[int, bytes]]:
            import engine  # type: ignore[import-not-found]  # noqa: PLC0415  from the archive

            for item in items:
                yield item % places.value, bytes(1000 * engine.RATE + number)

        done = context.parallelize(range(8), 4).mapPartitionsWithIndex(work)
        done.partitionBy(3, partitionFunc=int).glom().collect()
        places.unpersist()


def main() -> None:
    """Exchange; read, check, write, read back."""
    exchange(SparkContext.getOrCreate())
    spark = SparkSession.builder.appName("training").getOrCreate()
    source = write_source(spark)
    lines = spark.read.text(source).filter(~F.col("value").startswith("id,"))
    parsed = lines.select(
        F.from_csv("value", "id STRING, name STRING, amount STRING, day STRING").alias("row"),
        "value",
    ).select("row.*")
    counts = Observation("counts")
    observed = convert(parsed).observe(
        counts, F.count("*").alias("rows"), F.sum(F.size("broken")).alias("broken")
    )
    observed.write.partitionBy("status").mode("append").json(f"{ROOT}/out/json")
    counts.get  # noqa: B018  (waits for the numbers)
    convert(spark.read.csv(source, header=True)).select(
        F.to_json(F.struct("id", "name")).alias("value")
    ).write.text(f"{ROOT}/out/text")
    spark.read.json(f"{ROOT}/out/json").groupBy("status").count().collect()
    spark.read.text(f"{ROOT}/out/text").agg(F.count("*"), F.max("value")).collect()
    spark.stop()


if __name__ == "__main__":
    main()
