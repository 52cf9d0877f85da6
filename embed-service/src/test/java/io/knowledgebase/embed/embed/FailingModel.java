package io.knowledgebase.embed.embed;

import io.knowledgebase.vectorizer.DenseVectorizer;
import java.util.concurrent.atomic.AtomicBoolean;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Makes the model fail at texts that ask for it, for as long as the test wants. */
@Configuration(proxyBeanMethods = false)
public class FailingModel {

    public static final String TEXT = "made to fail";
    public static final AtomicBoolean FAILING = new AtomicBoolean();

    @Bean
    static BeanPostProcessor modelThatFails(ObjectProvider<DenseVectorizer> vectorizer) {
        return new BeanPostProcessor() {
            @Override
            public Object postProcessAfterInitialization(Object bean, String name) {
                return bean instanceof EmbeddingPool ? new EmbeddingPool(this::vectorize, 2) : bean;
            }

            private float[] vectorize(String text) {
                if (FAILING.get() && text.contains(TEXT)) {
                    throw new IllegalStateException("the model was made to fail");
                }
                return vectorizer.getObject().vectorize(text);
            }
        };
    }
}
