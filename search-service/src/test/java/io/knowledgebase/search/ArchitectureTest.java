package io.knowledgebase.search;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import org.springframework.beans.factory.annotation.Autowired;

@AnalyzeClasses(packages = "io.knowledgebase.search", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    @ArchTest
    static final ArchRule featuresAreFreeOfCycles =
            slices().matching("io.knowledgebase.search.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule sqlLivesInStores = noClasses()
            .that()
            .haveSimpleNameNotEndingWith("Store")
            .and()
            .haveSimpleNameNotEndingWith("Configuration")
            .and()
            .haveNameNotMatching(".*Store\\$.*")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("java.sql", "javax.sql", "org.springframework.jdbc..", "com.pgvector");

    @ArchTest
    static final ArchRule storesArePackagePrivate =
            classes().that().haveSimpleNameEndingWith("Store").should().bePackagePrivate();

    @ArchTest
    static final ArchRule nothingIsInjectedIntoFields = noFields().should().beAnnotatedWith(Autowired.class);

    @ArchTest
    static final ArchRule noOtherServiceIsImported = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.knowledgebase.ingest..", "io.knowledgebase.embed..", "io.knowledgebase.local..");

    @ArchTest
    static final ArchRule logicKnowsNoSpring = noClasses()
            .that()
            .haveSimpleName("Search")
            .or()
            .haveSimpleName("Fusion")
            .or()
            .haveSimpleName("WeightedTerms")
            .or()
            .haveSimpleName("ContextBlock")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.springframework..");
}
